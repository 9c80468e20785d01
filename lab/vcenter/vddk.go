package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
)

type vddkOpen struct {
	VM       string `json:"vm"`
	Snapshot string `json:"snapshot"`
	File     string `json:"file"`
	ReadOnly bool   `json:"readonly"`
}

type vddkOpened struct {
	Host   string `json:"nbd_host"`
	Port   int    `json:"nbd_port"`
	Export string `json:"export"`
}

// serveVDDK opens a disk the way VixDiskLib does: by user, password, moref, snapshot and file.
func (l *Lab) serveVDDK(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		answerError(w, httpError{http.StatusMethodNotAllowed, "POST only"})
		return
	}
	if !l.basicAuthOK(r) {
		answerError(w, httpError{http.StatusUnauthorized, sentences["InvalidLogin"]})
		return
	}
	var req vddkOpen
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&req); err != nil {
		answerError(w, httpError{http.StatusBadRequest, "the body is not the JSON expected: " + err.Error()})
		return
	}
	opened, err := l.openExport(req)
	if err != nil {
		answerError(w, err)
		return
	}
	host, port, _ := net.SplitHostPort(l.nbd.listener.Addr().String())
	number, _ := strconv.Atoi(port)
	answer(w, vddkOpened{Host: host, Port: number, Export: l.nbd.ticket(opened)})
}

func (l *Lab) openExport(req vddkOpen) (*export, error) {
	l.mu.Lock()
	vm := l.vms[req.VM]
	snap := l.snapshots[req.Snapshot]
	on := vm != nil && vm.power != "poweredOff"
	l.mu.Unlock()
	if vm == nil {
		return nil, notFound("The object 'vim.VirtualMachine:%s' has already been deleted or has not been completely created", req.VM)
	}
	if req.Snapshot != "" {
		if !req.ReadOnly {
			return nil, httpError{http.StatusConflict, "a snapshot can only be opened read-only (nbdkit -r)"}
		}
		if snap == nil || snap.vm != req.VM {
			return nil, notFound("snapshot %s does not exist on %s", req.Snapshot, req.VM)
		}
		for _, frozen := range snap.disks {
			if frozen.name() == req.File {
				return &export{vm: vm, disk: frozen.disk, frozen: frozen, snapshot: req.Snapshot, size: frozen.capacity}, nil
			}
		}
		return nil, notFound("File not found: %s is no disk of %s", req.File, req.Snapshot)
	}
	if on {
		return nil, httpError{http.StatusConflict, "The file is locked: " + req.File + " belongs to a running VM; open a snapshot"}
	}
	for _, disk := range l.disksOf(vm) {
		if disk.currentFile() == req.File {
			return &export{vm: vm, disk: disk, size: disk.capacity}, nil
		}
	}
	return nil, notFound("File not found: %s is no disk of %s", req.File, req.VM)
}

// ticket makes an export's name: who knows it was given it.
func (s *nbdServer) ticket(opened *export) string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	opened.name = hex.EncodeToString(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exports[opened.name] = opened
	return opened.name
}
