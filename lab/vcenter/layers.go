package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// freeze keeps the disk as it is for a snapshot and sends later writes into a new layer.
// The caller blocks the guest's writes to all disks of the VM meanwhile.
func (d *Disk) freeze(snapshot string, tracking bool) (*frozenDisk, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	alloc, err := d.allocated(len(d.layers))
	if err != nil {
		return nil, err
	}
	pushed, err := d.newLayer(snapshot)
	if err != nil {
		return nil, err
	}
	d.seq++
	frozen := &frozenDisk{
		disk: d, snapshot: snapshot, fileName: d.fileName, capacity: d.capacity, n: d.seq,
		epochs: append([]uint64(nil), d.epochs...), alloc: alloc,
	}
	if len(d.layers) > 0 {
		frozen.top = d.layers[len(d.layers)-1]
		frozen.fileName = frozen.top.fileName
	}
	if tracking {
		if d.trackID == "" {
			d.trackID = trackingUUID()
		}
		frozen.trackID = d.trackID
		frozen.changeID = fmt.Sprintf("%s/%d", d.trackID, d.seq)
	}
	if err := frozen.write(d.frozenPath(frozen.n)); err != nil {
		return nil, err
	}
	d.layers = append(d.layers, pushed)
	d.frozen = append(d.frozen, frozen)
	d.save()
	return frozen, nil
}

func (d *Disk) newLayer(snapshot string) (*layer, error) {
	stem := d.stem()
	for n := 1; ; n++ {
		path := fmt.Sprintf("%s-%06d-delta.vmdk", stem, n)
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := file.Truncate(d.capacity); err != nil {
			return nil, err
		}
		fileName := fmt.Sprintf("%s-%06d.vmdk", strings.TrimSuffix(d.fileName, ".vmdk"), n)
		bits, err := mapBitmap(path+".bits", grains(d.capacity))
		if err != nil {
			return nil, err
		}
		clear(bits)
		l := &layer{file: file, path: path, fileName: fileName, openedBy: snapshot, bits: bits}
		parent := filepath.Base(d.fileName)
		if len(d.layers) > 0 {
			parent = filepath.Base(d.layers[len(d.layers)-1].fileName)
		}
		return l, writeDescriptor(l.descriptorPath(), d.capacity, "vmfsSparse", filepath.Base(path), parent)
	}
}

func (l *layer) descriptorPath() string { return strings.TrimSuffix(l.path, "-delta.vmdk") + ".vmdk" }

// forget ends a snapshot's view; its layer stays until merge.
func (d *Disk) forget(snapshot string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var doomed []string
	kept := d.frozen[:0]
	for _, f := range d.frozen {
		if f.snapshot == snapshot {
			f.gone = true
			doomed = append(doomed, d.frozenPath(f.n))
			continue
		}
		kept = append(kept, f)
	}
	d.frozen = kept
	d.save()
	for _, path := range doomed {
		os.Remove(path)
	}
}

// mergeBatch bounds how long the guest waits for one step of a consolidation.
const mergeBatch = 64

// merge consolidates every layer whose snapshot is gone into what lies below it. The guest writes on meanwhile:
// a grain that was copied down leaves the layer, so the composition is the same at every moment.
func (d *Disk) merge() (merged []string, err error) {
	for upper := d.orphan(); upper != nil; upper = d.orphan() {
		for block, more := int64(0), true; more; {
			if block, more, err = d.mergeSome(upper, block); err != nil {
				return merged, err
			}
		}
		if err := d.dropLayer(upper); err != nil {
			return merged, err
		}
		merged = append(merged, upper.fileName)
	}
	return merged, nil
}

// orphan is the lowest layer that no snapshot needs.
func (d *Disk) orphan() *layer {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, l := range d.layers {
		if !d.isLive(l.openedBy) {
			return l
		}
	}
	return nil
}

func (d *Disk) isLive(snapshot string) bool {
	for _, f := range d.frozen {
		if f.snapshot == snapshot {
			return true
		}
	}
	return false
}

// mergeSome copies a batch of grains down, from a block on; more = the end is not reached.
func (d *Disk) mergeSome(upper *layer, from int64) (next int64, more bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	copied := 0
	for next = from; next < grains(d.capacity); next++ {
		if !upper.bits.has(next) {
			continue
		}
		if copied == mergeBatch {
			return next, true, nil
		}
		if err := d.copyDown(upper, next); err != nil {
			return next, false, err
		}
		copied++
	}
	return next, false, nil
}

func (d *Disk) copyDown(upper *layer, block int64) error {
	lower, file := d.below(upper)
	data := make([]byte, min(grain, d.capacity-block*grain))
	if err := readFull(upper.file, data, block*grain); err != nil {
		return err
	}
	if err := writeOrPunch(file, data, block*grain); err != nil {
		return err
	}
	if lower != nil {
		lower.bits.set(block)
	}
	upper.bits.clear(block)
	return nil
}

func (d *Disk) below(upper *layer) (*layer, *os.File) {
	if depth := d.depthOf(upper); depth > 1 {
		lower := d.layers[depth-2]
		return lower, lower.file
	}
	return nil, d.base
}

// dropLayer copies what the guest wrote since the last batch and takes the layer out of the stack.
func (d *Disk) dropLayer(upper *layer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for block := int64(0); block < grains(d.capacity); block++ {
		if upper.bits.has(block) {
			if err := d.copyDown(upper, block); err != nil {
				return err
			}
		}
	}
	lower, _ := d.below(upper)
	for _, f := range d.frozen {
		if f.top == upper {
			f.top = lower
		}
	}
	index := d.depthOf(upper) - 1
	d.layers = append(d.layers[:index:index], d.layers[index+1:]...)
	d.save()
	upper.file.Close()
	unmapWords(upper.bits)
	upper.bits = nil
	os.Remove(upper.path + ".bits")
	os.Remove(upper.path)
	os.Remove(upper.descriptorPath())
	return nil
}

func readFull(file *os.File, p []byte, offset int64) error {
	n, err := file.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	return err
}

func writeOrPunch(file *os.File, p []byte, offset int64) error {
	if isZero(p) {
		return punchHole(file, offset, int64(len(p)))
	}
	_, err := file.WriteAt(p, offset)
	return err
}

// discard throws away what was written since the newest snapshot: a revert.
func (d *Disk) discard() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.layers) == 0 {
		return nil
	}
	d.forgetChanges()
	top := d.layers[len(d.layers)-1]
	clear(top.bits)
	if err := top.file.Truncate(0); err != nil {
		return err
	}
	return top.file.Truncate(d.capacity)
}

// writeDescriptor writes a text VMDK descriptor; parent is empty for a base disk.
func writeDescriptor(path string, capacity int64, createType, extent, parent string) error {
	kind, parentID := "VMFS", "ffffffff"
	hint := ""
	if parent != "" {
		kind, parentID = "VMFSSPARSE", "fffffffe"
		hint = fmt.Sprintf("parentFileNameHint=%q\n", parent)
	}
	text := fmt.Sprintf("# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\nCID=fffffffe\nparentCID=%s\ncreateType=%q\n%s\n"+
		"# Extent description\nRW %d %s %q\n\n# The Disk Data Base\n#DDB\n\nddb.adapterType = \"lsilogic\"\n",
		parentID, createType, hint, capacity/512, kind, extent)
	return os.WriteFile(path, []byte(text), 0o600)
}
