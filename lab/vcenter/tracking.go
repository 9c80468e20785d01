package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// mapWords maps a file of so many words into memory: what is written there survives the lab's own death.
func mapWords(path string, count int64) ([]uint64, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	size := max(8, count*8)
	if err := file.Truncate(size); err != nil {
		return nil, err
	}
	raw, err := syscall.Mmap(int(file.Fd()), 0, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(raw))), size/8)[:count], nil
}

// unmapWords ends a mapping; nobody may use the words any more.
func unmapWords(words []uint64) {
	if cap(words) > 0 {
		_ = syscall.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), cap(words)*8))
	}
}

func mapBitmap(path string, grains int64) (bitmap, error) {
	words, err := mapWords(path, (grains+63)/64)
	return bitmap(words), err
}

func (d *Disk) frozenPath(n uint64) string { return fmt.Sprintf("%s-frozen-%d", d.stem(), n) }

// write keeps what never changes any more: the epochs and what was allocated.
func (f *frozenDisk) write(path string) error {
	words := append(append([]uint64(nil), f.epochs...), f.alloc...)
	if len(words) == 0 {
		return os.WriteFile(path, nil, 0o600)
	}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8)
	return os.WriteFile(path, raw, 0o600)
}

func (f *frozenDisk) read(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	blocks := grains(f.capacity)
	words := make([]uint64, blocks+(blocks+63)/64)
	if len(raw) != len(words)*8 {
		return fmt.Errorf("%s holds %d bytes, not %d", path, len(raw), len(words)*8)
	}
	if len(words) > 0 {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(raw)), raw)
	}
	f.epochs, f.alloc = words[:blocks], bitmap(words[blocks:])
	return nil
}
