package main

import (
	"sync"
	"time"
)

// gates are what the control endpoint puts into the way of NBD traffic: holds, rates, errors, cuts.
type gates struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever holds change
	nextID  int
	holds   []*hold
	rates   []*rate
	errors  []*ioError
	cuts    []*cut
}

type hold struct {
	ID      int    `json:"id"`
	VM      string `json:"vm"`
	Key     int32  `json:"key"`
	Offset  int64  `json:"offset"`
	Waiting int    `json:"waiting"`
}

// rate is a bucket that refills by time; a request larger than it pays in advance for the next.
type rate struct {
	vm     string // "" = any
	key    int32  // 0 = any
	perSec int64
	freeAt time.Time
}

type ioError struct {
	VM     string `json:"vm"`
	Key    int32  `json:"key"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	Count  int    `json:"count,omitempty"` // 0 = until deleted
	used   int
}

// cut ends connections once so many more bytes were read from a VM's disks (any VM if empty).
type cut struct {
	vm   string
	left int64
}

func newGates() *gates { return &gates{changed: make(chan struct{})} }

func (g *gates) addHold(h *hold) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.nextID++
	h.ID = g.nextID
	g.holds = append(g.holds, h)
	g.wake()
	return h.ID
}

// release ends one hold, or all with id 0; it tells how many.
func (g *gates) release(id int) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	var kept []*hold
	for _, h := range g.holds {
		if id != 0 && h.ID != id {
			kept = append(kept, h)
		}
	}
	released := len(g.holds) - len(kept)
	g.holds = kept
	g.wake()
	return released
}

func (g *gates) wake() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// pass waits while a hold covers the read; it returns false if the connection ended meanwhile.
func (g *gates) pass(vm string, key int32, end int64, closed <-chan struct{}) bool {
	for {
		g.mu.Lock()
		blocker := g.blocking(vm, key, end)
		changed := g.changed
		if blocker != nil {
			blocker.Waiting++
		}
		g.mu.Unlock()
		if blocker == nil {
			return true
		}
		ended := false
		select {
		case <-changed:
		case <-closed:
			ended = true
		}
		g.mu.Lock()
		blocker.Waiting--
		g.mu.Unlock()
		if ended {
			return false
		}
	}
}

func (g *gates) blocking(vm string, key int32, end int64) *hold {
	for _, h := range g.holds {
		if h.VM == vm && h.Key == key && end > h.Offset {
			return h
		}
	}
	return nil
}

func (g *gates) listHolds() []hold {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []hold{}
	for _, h := range g.holds {
		list = append(list, *h)
	}
	return list
}

func (g *gates) setRate(vm string, key int32, perSec int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	kept := g.rates[:0]
	for _, r := range g.rates {
		if r.vm != vm || r.key != key {
			kept = append(kept, r)
		}
	}
	g.rates = kept
	if perSec > 0 {
		g.rates = append(g.rates, &rate{vm: vm, key: key, perSec: perSec, freeAt: time.Now()})
	}
}

// pace waits for the slowest rate that applies; it returns false if the connection ended meanwhile.
func (g *gates) pace(vm string, key int32, bytes int64, closed <-chan struct{}) bool {
	g.mu.Lock()
	until := time.Time{}
	for _, r := range g.rates {
		if (r.vm != "" && r.vm != vm) || (r.key != 0 && r.key != key) {
			continue
		}
		if now := time.Now(); r.freeAt.Before(now) {
			r.freeAt = now
		}
		r.freeAt = r.freeAt.Add(time.Duration(float64(bytes) / float64(r.perSec) * float64(time.Second)))
		if r.freeAt.After(until) {
			until = r.freeAt
		}
	}
	g.mu.Unlock()
	wait := time.Until(until)
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-closed:
		return false
	}
}

func (g *gates) addError(e *ioError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.errors = append(g.errors, e)
}

func (g *gates) clearErrors() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.errors = nil
}

func (g *gates) failing(vm string, key int32, offset, length int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.errors {
		hit := e.VM == vm && e.Key == key && offset < e.Offset+e.Length && e.Offset < offset+length
		if hit && (e.Count == 0 || e.used < e.Count) {
			e.used++
			return true
		}
	}
	return false
}

func (g *gates) addCut(vm string, after int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cuts = append(g.cuts, &cut{vm: vm, left: after})
}

// spend counts served bytes; true = cut the connections of that VM now.
func (g *gates) spend(vm string, bytes int64) (due bool, victims string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, c := range g.cuts {
		if c.vm != "" && c.vm != vm {
			continue
		}
		if c.left -= bytes; c.left <= 0 {
			g.cuts = append(g.cuts[:i:i], g.cuts[i+1:]...)
			return true, c.vm
		}
	}
	return false, ""
}
