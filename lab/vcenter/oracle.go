package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// oracleEntry is one raw copy of a disk, taken while the guest's writes stood still for the snapshot.
type oracleEntry struct {
	VM           string `json:"vm"`
	VMName       string `json:"vm_name"`
	Snapshot     string `json:"snapshot"`
	SnapshotName string `json:"snapshot_name"`
	Key          int32  `json:"key"`
	Path         string `json:"path"`
	SizeBytes    int64  `json:"size_bytes"`
	BackingUUID  string `json:"backing_uuid"`
}

type oracleCopy struct {
	key  int32
	size int64
}

func (l *Lab) oracleDir(snapshot string) string { return filepath.Join(l.stateDir, "oracle", snapshot) }

// copyOracle copies the live disk: only what is allocated, and by the kernel alone where it can.
func (l *Lab) copyOracle(disk *Disk, holder string) (oracleCopy, error) {
	dir := l.oracleDir(holder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return oracleCopy{}, err
	}
	file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.raw", disk.key)))
	if err != nil {
		return oracleCopy{}, err
	}
	defer file.Close()
	disk.mu.RLock()
	defer disk.mu.RUnlock()
	if err := file.Truncate(disk.capacity); err != nil {
		return oracleCopy{}, err
	}
	for _, source := range disk.sources() {
		if err := disk.copyFrom(source, file); err != nil {
			return oracleCopy{}, err
		}
	}
	return oracleCopy{key: disk.key, size: disk.capacity}, nil
}

// copyFrom copies the grains whose newest content lies in one file of the chain; the caller holds the disk's lock.
func (d *Disk) copyFrom(source, to *os.File) error {
	// A file of its own: copies move the offset.
	from, err := os.Open(source.Name())
	if err != nil {
		return err
	}
	defer from.Close()
	depth := len(d.layers)
	return dataRanges(from, d.capacity, func(start, end int64) error {
		for at := start; at < end; {
			next := min(end, (at/grain+1)*grain)
			if d.sourceOf(at/grain, depth) != source {
				at = next
				continue
			}
			for next < end && d.sourceOf(next/grain, depth) == source {
				next = min(end, next+grain)
			}
			if err := copyRange(to, from, at, next-at); err != nil {
				return err
			}
			at = next
		}
		return nil
	})
}

func (d *Disk) sources() []*os.File {
	list := []*os.File{d.base}
	for _, l := range d.layers {
		list = append(list, l.file)
	}
	return list
}

func (l *Lab) dropOracle(holder string) { os.RemoveAll(l.oracleDir(holder)) }

// keepOracle names the copies after their snapshot; the caller holds the VM's lock.
func (l *Lab) keepOracle(made *snapshot, view vmView, holder string, copies []oracleCopy) {
	if len(copies) == 0 {
		return
	}
	os.RemoveAll(l.oracleDir(made.ref.Value))
	if err := os.Rename(l.oracleDir(holder), l.oracleDir(made.ref.Value)); err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range copies {
		l.oracle = append(l.oracle, oracleEntry{
			VM: made.vm, VMName: view.name, Snapshot: made.ref.Value, SnapshotName: made.name, Key: c.key,
			Path:      filepath.Join(l.oracleDir(made.ref.Value), strconv.Itoa(int(c.key))+".raw"),
			SizeBytes: c.size, BackingUUID: view.backingUUIDs[c.key],
		})
	}
	l.pruneOracle(made.vm)
	l.saveOracle()
}

// pruneOracle drops the oldest copies of a VM; the caller holds the lab's lock.
func (l *Lab) pruneOracle(vm string) {
	kept := map[string]bool{}
	var list []oracleEntry
	for i := len(l.oracle) - 1; i >= 0; i-- {
		entry := l.oracle[i]
		if entry.VM == vm && !kept[entry.Snapshot] {
			if l.oracleKept > 0 && len(kept) == l.oracleKept {
				os.RemoveAll(l.oracleDir(entry.Snapshot))
				continue
			}
			kept[entry.Snapshot] = true
		}
		list = append(list, entry)
	}
	slices.Reverse(list)
	l.oracle = list
}

// keepOracles changes how many snapshots of each VM keep their copies.
func (l *Lab) keepOracles(kept int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.oracleKept = kept
	for vm := range l.vms {
		l.pruneOracle(vm)
	}
	l.saveOracle()
}

func (l *Lab) clearOracle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, entry := range l.oracle {
		os.RemoveAll(l.oracleDir(entry.Snapshot))
	}
	l.oracle = nil
	l.saveOracle()
}
