package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

const (
	seekData       = 3 // SEEK_DATA of Linux
	seekHole       = 4 // SEEK_HOLE
	punchHoleFlags = 0x3
)

// dataRanges calls visit for each run of the file that holds data, in order.
func dataRanges(file *os.File, size int64, visit func(start, end int64) error) error {
	for at := int64(0); at < size; {
		start, err := file.Seek(at, seekData)
		if errors.Is(err, syscall.ENXIO) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("SEEK_DATA in %s: %w", file.Name(), err)
		}
		end, err := file.Seek(start, seekHole)
		if err != nil {
			return fmt.Errorf("SEEK_HOLE in %s: %w", file.Name(), err)
		}
		if start >= size {
			return nil
		}
		if err := visit(start, min(end, size)); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// copySparse copies the data of an image to the start of a disk, leaving its holes (and zero grains) holes.
func copySparse(to *os.File, from *os.File) error {
	info, err := from.Stat()
	if err != nil {
		return err
	}
	return dataRanges(from, info.Size(), func(start, end int64) error {
		for at := start; at < end; at += grain {
			block := make([]byte, min(grain, end-at))
			if _, err := from.ReadAt(block, at); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if isZero(block) {
				continue
			}
			if _, err := to.WriteAt(block, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyRange copies bytes to the same place of another file, in the kernel (reflinked or copied) where it can.
func copyRange(to, from *os.File, offset, length int64) error {
	for _, file := range []*os.File{to, from} {
		if _, err := file.Seek(offset, io.SeekStart); err != nil {
			return err
		}
	}
	_, err := io.CopyN(to, from, length)
	return err
}

func punchHole(file *os.File, offset, length int64) error {
	return syscall.Fallocate(int(file.Fd()), punchHoleFlags, offset, length)
}

func isZero(block []byte) bool {
	for _, b := range block {
		if b != 0 {
			return false
		}
	}
	return true
}

// bitmap holds one bit a grain.
type bitmap []uint64

func newBitmap(grains int64) bitmap { return make(bitmap, (grains+63)/64) }

func (b bitmap) has(i int64) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitmap) set(i int64)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) clear(i int64)    { b[i/64] &^= 1 << (i % 64) }
