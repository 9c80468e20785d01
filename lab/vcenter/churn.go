package main

import (
	"math/rand/v2"
	"time"
)

// churn is a guest that keeps writing while its VM runs.
type churn struct {
	stop    chan struct{}
	done    chan struct{}
	written int64
	writes  int64
}

const (
	churnBlock = 16 << 10
	// A guest's hot data: wider, a delta would grow by a grain for every small write.
	churnSpan = 128 << 20
)

// startChurn writes random blocks into all disks of a VM. Area "free" spares the image at a disk's start, so
// that its file systems stay whole, and keeps to the 128 MiB behind it; disks without room behind it are written all over.
func (l *Lab) startChurn(vm *labVM, perSecond int64, seed uint64, area string) {
	l.stopChurn(vm)
	c := &churn{stop: make(chan struct{}), done: make(chan struct{})}
	l.mu.Lock()
	vm.churn = c
	l.mu.Unlock()
	go l.runChurn(vm, c, perSecond, rand.New(rand.NewPCG(seed, 0)), area)
}

func (l *Lab) stopChurn(vm *labVM) {
	l.mu.Lock()
	c := vm.churn
	vm.churn = nil
	l.mu.Unlock()
	if c != nil {
		close(c.stop)
		<-c.done
	}
}

func (l *Lab) runChurn(vm *labVM, c *churn, perSecond int64, random *rand.Rand, area string) {
	defer close(c.done)
	pause := max(time.Millisecond, time.Duration(float64(churnBlock)/float64(perSecond)*float64(time.Second)))
	perTick := max(1, perSecond*int64(pause)/int64(time.Second)/churnBlock)
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-ticker.C:
		}
		if !l.isOn(vm) {
			continue
		}
		for range perTick {
			l.churnOnce(vm, c, random, area)
		}
	}
}

func (l *Lab) churnOnce(vm *labVM, c *churn, random *rand.Rand, area string) {
	disks := l.sortedDisks(vm)
	if len(disks) == 0 {
		return
	}
	disk := disks[random.IntN(len(disks))]
	disk.mu.RLock()
	capacity, from := disk.capacity, int64(0)
	if area != "all" && disk.capacity-disk.imageEnd >= 1<<20 {
		from = disk.imageEnd
		capacity = min(capacity, from+churnSpan)
	}
	disk.mu.RUnlock()
	data := make([]byte, churnBlock)
	for i := 0; i < len(data); i += 8 {
		word := random.Uint64()
		for j := range 8 {
			data[i+j] = byte(word >> (8 * j))
		}
	}
	offset := from + random.Int64N((capacity-from-churnBlock)/512+1)*512
	vm.gate.RLock()
	err := disk.Write(data, offset)
	vm.gate.RUnlock()
	if err != nil {
		return
	}
	l.mu.Lock()
	c.written += churnBlock
	c.writes++
	l.mu.Unlock()
}
