package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// oracleKept bounds the copies: the newest snapshots of each VM.
const oracleKept = 12

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

// copyOracle copies the live disk, reading only what is allocated.
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
	alloc, err := disk.allocated(len(disk.layers))
	if err != nil {
		return oracleCopy{}, err
	}
	buffer := make([]byte, grain)
	for block := int64(0); block < grains(disk.capacity); block++ {
		if !alloc.has(block) {
			continue
		}
		part := buffer[:min(grain, disk.capacity-block*grain)]
		if err := disk.readView(part, block*grain, len(disk.layers)); err != nil {
			return oracleCopy{}, err
		}
		if isZero(part) {
			continue
		}
		if _, err := file.WriteAt(part, block*grain); err != nil {
			return oracleCopy{}, err
		}
	}
	return oracleCopy{key: disk.key, size: disk.capacity}, nil
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
}

// pruneOracle drops the oldest copies of a VM; the caller holds the lab's lock.
func (l *Lab) pruneOracle(vm string) {
	kept := map[string]bool{}
	var list []oracleEntry
	for i := len(l.oracle) - 1; i >= 0; i-- {
		entry := l.oracle[i]
		if entry.VM == vm && !kept[entry.Snapshot] {
			if len(kept) == oracleKept {
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

func (l *Lab) clearOracle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, entry := range l.oracle {
		os.RemoveAll(l.oracleDir(entry.Snapshot))
	}
	l.oracle = nil
}
