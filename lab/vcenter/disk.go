package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// grain is the unit of change tracking, allocation and layers, as VMware's CBT mostly has it.
const grain = int64(64 << 10)

const (
	kindFlat        = "flat"
	kindRDM         = "rdm"
	kindIndependent = "independent"
)

var errGone = errors.New("the snapshot of this disk is gone")

// Disk is one virtual disk: a sparse raw base and a stack of delta layers, each opened by a snapshot.
type Disk struct {
	mu       sync.RWMutex
	key      int32
	kind     string
	fileName string // datastore path of the base descriptor
	basePath string // its -flat file here
	base     *os.File
	capacity int64
	imageEnd int64
	layers   []*layer
	frozen   []*frozenDisk

	trackID string   // uuid part of the change IDs; empty while change tracking is off
	seq     uint64   // number of the last freeze
	epochs  []uint64 // per grain: seq+1 at its last write; mapped from its file, so that a killed lab forgets nothing

	// saved is called, with mu held, whenever layers, frozen views or the change-ID uuid changed.
	saved func()
}

// layer is a delta: a sparse raw of full capacity and a bitmap of the grains it holds.
type layer struct {
	file     *os.File
	path     string
	fileName string
	bits     bitmap
	openedBy string // moref of the snapshot that pushed it
}

// frozenDisk is what a snapshot keeps of a disk; copies, so that later writes cannot touch its answers.
type frozenDisk struct {
	disk     *Disk
	snapshot string
	fileName string
	capacity int64
	top      *layer // newest layer it sees; nil = the base alone
	changeID string
	trackID  string
	n        uint64
	epochs   []uint64
	alloc    bitmap
	gone     bool
}

func openDisk(key int32, kind, fileName, basePath string, capacity int64) (*Disk, error) {
	base, err := os.OpenFile(basePath, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := base.Truncate(capacity); err != nil {
		base.Close()
		return nil, err
	}
	d := &Disk{key: key, kind: kind, fileName: fileName, basePath: basePath, base: base, capacity: capacity}
	if d.epochs, err = mapWords(d.epochsPath(), grains(capacity)); err != nil {
		base.Close()
		return nil, err
	}
	clear(d.epochs)
	return d, nil
}

func (d *Disk) epochsPath() string { return d.stem() + "-ctk.vmdk" }

func (d *Disk) stem() string { return strings.TrimSuffix(d.basePath, "-flat.vmdk") }

// save writes the disk's structure down; the caller holds mu.
func (d *Disk) save() {
	if d.saved != nil {
		d.saved()
	}
}

func grains(size int64) int64 { return (size + grain - 1) / grain }

func (d *Disk) snapshotable() bool { return d.kind == kindFlat }

// grow extends the disk; the caller has made sure that no snapshot exists.
func (d *Disk) grow(capacity int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if capacity <= d.capacity {
		return nil
	}
	if err := d.base.Truncate(capacity); err != nil {
		return err
	}
	epochs, err := mapWords(d.epochsPath(), grains(capacity))
	if err != nil {
		return err
	}
	unmapWords(d.epochs)
	d.epochs, d.capacity = epochs, capacity
	d.save()
	return nil
}

func (d *Disk) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.base.Close()
	for _, l := range d.layers {
		l.file.Close()
	}
	for _, f := range d.frozen {
		f.gone = true
	}
}

// knows tells whether a datastore path is one of this disk's descriptors.
func (d *Disk) knows(fileName string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.fileName == fileName {
		return true
	}
	for _, l := range d.layers {
		if l.fileName == fileName {
			return true
		}
	}
	return false
}

func (d *Disk) currentFile() string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if len(d.layers) == 0 {
		return d.fileName
	}
	return d.layers[len(d.layers)-1].fileName
}

// Read reads the live disk, as its guest sees it.
func (d *Disk) Read(p []byte, offset int64) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.readView(p, offset, len(d.layers))
}

// Read reads the disk as it was at the snapshot.
func (f *frozenDisk) Read(p []byte, offset int64) error {
	f.disk.mu.RLock()
	defer f.disk.mu.RUnlock()
	if f.gone {
		return errGone
	}
	return f.disk.readView(p, offset, f.disk.depthOf(f.top))
}

func (d *Disk) depthOf(top *layer) int {
	for i, l := range d.layers {
		if l == top {
			return i + 1
		}
	}
	return 0
}

// readView composes the base and the first depth layers; grains of one source are read together.
func (d *Disk) readView(p []byte, offset int64, depth int) error {
	if offset < 0 || offset+int64(len(p)) > d.capacity {
		return fmt.Errorf("range %d+%d is beyond the disk's %d bytes", offset, len(p), d.capacity)
	}
	for len(p) > 0 {
		source := d.sourceOf(offset/grain, depth)
		end := (offset/grain + 1) * grain
		for end < offset+int64(len(p)) && d.sourceOf(end/grain, depth) == source {
			end += grain
		}
		n := min(int64(len(p)), end-offset)
		if _, err := source.ReadAt(p[:n], offset); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		p, offset = p[n:], offset+n
	}
	return nil
}

func (d *Disk) sourceOf(block int64, depth int) *os.File {
	for i := depth - 1; i >= 0; i-- {
		if d.layers[i].bits.has(block) {
			return d.layers[i].file
		}
	}
	return d.base
}

// Write writes to the live disk: into the top layer if there is one, copying up grains it touches in part.
func (d *Disk) Write(p []byte, offset int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.touch(offset, int64(len(p))); err != nil {
		return err
	}
	_, err := d.target().WriteAt(p, offset)
	return err
}

// Zero makes a range read as zero the way a guest's unmap does: no data stays allocated in the base.
func (d *Disk) Zero(offset, length int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.touch(offset, length); err != nil {
		return err
	}
	return punchHole(d.target(), offset, length)
}

func (d *Disk) target() *os.File {
	if len(d.layers) == 0 {
		return d.base
	}
	return d.layers[len(d.layers)-1].file
}

func (d *Disk) touch(offset, length int64) error {
	if offset < 0 || length <= 0 || offset+length > d.capacity {
		return fmt.Errorf("range %d+%d is beyond the disk's %d bytes", offset, length, d.capacity)
	}
	for block := offset / grain; block*grain < offset+length; block++ {
		if err := d.copyUp(block); err != nil {
			return err
		}
		d.epochs[block] = d.seq + 1
	}
	return nil
}

func (d *Disk) copyUp(block int64) error {
	if len(d.layers) == 0 {
		return nil
	}
	top := d.layers[len(d.layers)-1]
	if top.bits.has(block) {
		return nil
	}
	data := make([]byte, min(grain, d.capacity-block*grain))
	if err := d.readView(data, block*grain, len(d.layers)-1); err != nil {
		return err
	}
	if !isZero(data) {
		if _, err := top.file.WriteAt(data, block*grain); err != nil {
			return err
		}
	}
	top.bits.set(block)
	return nil
}

// allocated tells per grain whether the view of depth layers holds data.
func (d *Disk) allocated(depth int) (bitmap, error) {
	bits := newBitmap(grains(d.capacity))
	err := dataRanges(d.base, d.capacity, func(start, end int64) error {
		for block := start / grain; block*grain < end; block++ {
			bits.set(block)
		}
		return nil
	})
	for _, l := range d.layers[:depth] {
		for i := range bits {
			bits[i] |= l.bits[i]
		}
	}
	return bits, err
}

// resetTracking forgets all changes; the next snapshot starts a new change-ID uuid if tracking is on.
func (d *Disk) resetTracking() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgetChanges()
}

// forgetChanges gives up the change-ID uuid before the epochs: never may the old uuid stand with less than the truth.
func (d *Disk) forgetChanges() {
	d.trackID = ""
	d.save()
	clear(d.epochs)
}

// trackingUUID makes a uuid in VMware's form, "52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63".
func trackingUUID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	raw[0] = 0x52
	return fmt.Sprintf("% x-% x", raw[:8], raw[8:])
}
