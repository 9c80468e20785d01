package main

import (
	"context"
	"net/http"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

func (l *Lab) gateRoutes(handle routes) {
	handle("POST /lab/hold", func(r *http.Request) (any, error) {
		var b diskBody
		if err := readJSON(r, &b); err != nil {
			return nil, err
		}
		vm, disk, err := l.bodyDisk(b)
		if err != nil {
			return nil, err
		}
		return map[string]int{"id": l.gates.addHold(&hold{VM: vm.ref.Value, Key: disk.key, Offset: b.Offset})}, nil
	})
	handle("GET /lab/hold", func(*http.Request) (any, error) { return l.gates.listHolds(), nil })
	handle("DELETE /lab/hold", func(r *http.Request) (any, error) {
		id := int64(0)
		if r.URL.Query().Has("id") {
			var err error
			if id, err = queryNumber(r, "id"); err != nil {
				return nil, err
			}
		}
		return map[string]int{"released": l.gates.release(int(id))}, nil
	})
	handle("POST /lab/rate", l.controlRate)
	handle("POST /lab/io-error", func(r *http.Request) (any, error) {
		var b diskBody
		if err := readJSON(r, &b); err != nil {
			return nil, err
		}
		vm, disk, err := l.bodyDisk(b)
		if err != nil {
			return nil, err
		}
		l.gates.addError(&ioError{VM: vm.ref.Value, Key: disk.key, Offset: b.Offset, Length: b.Length, Count: b.Count})
		return done, nil
	})
	handle("DELETE /lab/io-error", func(*http.Request) (any, error) {
		l.gates.clearErrors()
		return done, nil
	})
	handle("POST /lab/drop", l.controlDrop)
	handle("GET /lab/nbd", func(*http.Request) (any, error) { return l.nbd.report(), nil })
}

func (l *Lab) controlRate(r *http.Request) (any, error) {
	var b struct {
		VM             string `json:"vm"`
		Key            int32  `json:"key"`
		BytesPerSecond int64  `json:"bytes_per_second"`
	}
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	vm := ""
	if b.VM != "" {
		found, err := l.find(b.VM)
		if err != nil {
			return nil, err
		}
		vm = found.ref.Value
	}
	l.gates.setRate(vm, b.Key, b.BytesPerSecond)
	return done, nil
}

func (l *Lab) controlDrop(r *http.Request) (any, error) {
	var b struct {
		Target     string `json:"target"`
		VM         string `json:"vm"`
		AfterBytes int64  `json:"after_bytes"`
		Method     string `json:"method"`
		When       string `json:"when"`
		Count      int    `json:"count"`
	}
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	switch b.Target {
	case "nbd":
		vm := ""
		if b.VM != "" {
			found, err := l.find(b.VM)
			if err != nil {
				return nil, err
			}
			vm = found.ref.Value
		}
		if b.AfterBytes > 0 {
			l.gates.addCut(vm, b.AfterBytes)
			return map[string]int{"dropped": 0}, nil
		}
		return map[string]int{"dropped": l.nbd.cut(vm)}, nil
	case "sdk":
		if b.When != "before" && b.When != "after" {
			return nil, badRequest(`when must be "before" or "after" the effect`)
		}
		l.faults.mu.Lock()
		l.faults.drops = append(l.faults.drops, &droppedCall{method: b.Method, when: b.When, count: max(1, b.Count)})
		l.faults.mu.Unlock()
		return done, nil
	}
	return nil, badRequest(`target must be "nbd" or "sdk"`)
}

type nbdConnView struct {
	ID        int    `json:"id"`
	VM        string `json:"vm"`
	Key       int32  `json:"key"`
	Snapshot  string `json:"snapshot"`
	Export    string `json:"export"`
	ReadBytes int64  `json:"read_bytes"`
}

func (s *nbdServer) report() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns, totals := []nbdConnView{}, []nbdTotal{}
	for _, c := range s.conns {
		if opened := c.shown; opened != nil {
			conns = append(conns, nbdConnView{c.id, opened.vm.ref.Value, opened.disk.key, opened.snapshot, opened.name, c.readBytes})
		}
	}
	for _, total := range s.totals {
		totals = append(totals, *total)
	}
	return map[string]any{"connections": conns, "totals": totals}
}

func (l *Lab) faultRoutes(handle routes) {
	handle("POST /lab/fault", l.controlFault)
	handle("GET /lab/fault", func(*http.Request) (any, error) {
		l.faults.mu.Lock()
		defer l.faults.mu.Unlock()
		list := []injectedFault{}
		for _, f := range l.faults.faults {
			list = append(list, *f)
		}
		return list, nil
	})
	handle("DELETE /lab/fault", func(*http.Request) (any, error) {
		l.faults.mu.Lock()
		defer l.faults.mu.Unlock()
		l.faults.faults, l.faults.drops = nil, nil
		return done, nil
	})
	handle("POST /lab/delay", func(r *http.Request) (any, error) {
		var d injectedDelay
		if err := readJSON(r, &d); err != nil {
			return nil, err
		}
		if d.Where == "" {
			d.Where = "call"
		}
		if err := checkWhere(d.Method, d.Where); err != nil {
			return nil, err
		}
		l.faults.mu.Lock()
		l.faults.delays = append(l.faults.delays, &d)
		l.faults.mu.Unlock()
		return done, nil
	})
	handle("DELETE /lab/delay", func(*http.Request) (any, error) {
		l.faults.mu.Lock()
		defer l.faults.mu.Unlock()
		l.faults.delays = nil
		return done, nil
	})
	handle("POST /lab/sessions/expire", func(*http.Request) (any, error) {
		return map[string]int{"expired": l.expireSessions()}, nil
	})
}

func (l *Lab) controlFault(r *http.Request) (any, error) {
	var f injectedFault
	if err := readJSON(r, &f); err != nil {
		return nil, err
	}
	if _, err := makeFault(f.Fault, f.Message); err != nil {
		return nil, badRequest("%v", err)
	}
	if err := checkWhere(f.Method, f.Where); err != nil {
		return nil, err
	}
	if f.VM != "" {
		vm, err := l.find(f.VM)
		if err != nil {
			return nil, err
		}
		f.VM = vm.ref.Value
	}
	f.Count = max(1, f.Count)
	l.faults.add(&f)
	return done, nil
}

// checkWhere refuses what would never fire: task level works for the tasks that the lab runs itself.
func checkWhere(method, where string) error {
	if _, ok := types.TypeFunc()(method); !ok {
		return badRequest("no vSphere method named %q", method)
	}
	if where == "call" {
		return nil
	}
	if where != "task" {
		return badRequest(`where must be "call" or "task"`)
	}
	if taken["VirtualMachine."+method] || taken["VirtualMachineSnapshot."+method] {
		return nil
	}
	return badRequest("%s is not a task that the lab runs itself; use where=call", method)
}

// expireSessions ends every session but the lab's own, which lives outside the simulator's list.
func (l *Lab) expireSessions() int {
	own := &simulator.Session{Registry: simulator.NewRegistry(), Map: l.registry}
	own.Key = "practice-lab"
	manager, ok := own.Get(l.registry.SessionManager().Reference()).(*simulator.SessionManager)
	if !ok {
		return 0
	}
	ctx := &simulator.Context{Context: context.Background(), Session: own, Map: l.registry}
	for _, session := range manager.SessionList {
		manager.TerminateSession(ctx, &types.TerminateSession{This: manager.Self, SessionId: []string{session.Key}})
	}
	return len(manager.SessionList)
}
