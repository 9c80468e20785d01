package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"syscall"
)

const (
	cmdRead        = 0
	cmdWrite       = 1
	cmdDisc        = 2
	cmdFlush       = 3
	cmdWriteZeroes = 6
	cmdBlockStatus = 7

	requestMagic    = 0x25609513
	simpleMagic     = 0x67446698
	structuredMagic = 0x668e33ef

	chunkDone        = 1
	chunkNone        = 0
	chunkData        = 1
	chunkHole        = 2
	chunkBlockStatus = 5
	chunkError       = 1<<15 + 1

	flagReqOne = 1 << 3
	// Requests of one connection run side by side, so that a held read does not hold the others.
	inFlight = 32
)

type nbdRequest struct {
	Magic  uint32
	Flags  uint16
	Type   uint16
	Cookie uint64
	Offset uint64
	Length uint32
}

func (c *nbdConn) transmission() {
	slots := make(chan struct{}, inFlight)
	for {
		var req nbdRequest
		if err := binary.Read(c.in, binary.BigEndian, &req); err != nil || req.Magic != requestMagic {
			return
		}
		if req.Type == cmdDisc {
			for range inFlight {
				select {
				case slots <- struct{}{}:
				case <-c.closed:
					return
				}
			}
			return
		}
		var payload []byte
		if req.Type == cmdWrite {
			if req.Length > maxRequest {
				return
			}
			payload = make([]byte, req.Length)
			if _, err := io.ReadFull(c.in, payload); err != nil {
				return
			}
		}
		select {
		case slots <- struct{}{}:
		case <-c.closed:
			return
		}
		go func() {
			defer func() { <-slots }()
			if c.handle(req, payload) != nil {
				c.end()
			}
		}()
	}
}

func (c *nbdConn) handle(req nbdRequest, payload []byte) error {
	switch req.Type {
	case cmdFlush:
		return c.finish(req, c.export.flush())
	case cmdRead, cmdWrite, cmdWriteZeroes, cmdBlockStatus:
	default:
		return c.finish(req, syscall.EINVAL)
	}
	if errno := c.check(req); errno != 0 {
		return c.finish(req, errno)
	}
	vm, key := c.export.vm.ref.Value, c.export.disk.key
	if req.Type == cmdBlockStatus {
		return c.blockStatus(req)
	}
	gates := c.server.lab.gates
	if req.Type == cmdRead && !gates.pass(vm, key, int64(req.Offset)+int64(req.Length), c.closed) {
		return errGone
	}
	if !gates.pace(vm, key, int64(req.Length), c.closed) {
		return errGone
	}
	if gates.failing(vm, key, int64(req.Offset), int64(req.Length)) {
		return c.finish(req, syscall.EIO)
	}
	if due, victims := gates.spend(vm, int64(req.Length)); due {
		c.server.cut(victims)
		return errGone
	}
	c.server.count(c, req)
	if req.Type == cmdRead {
		return c.read(req)
	}
	return c.finish(req, c.export.write(req, payload))
}

func (c *nbdConn) check(req nbdRequest) syscall.Errno {
	if req.Offset%sectorBytes != 0 || req.Length%sectorBytes != 0 || req.Length == 0 {
		return syscall.EINVAL
	}
	if req.Offset+uint64(req.Length) > uint64(c.export.size) {
		if req.Type == cmdWrite || req.Type == cmdWriteZeroes {
			return syscall.ENOSPC
		}
		return syscall.EINVAL
	}
	if req.Type == cmdRead && req.Length > maxRequest {
		return syscall.EOVERFLOW
	}
	if (req.Type == cmdWrite || req.Type == cmdWriteZeroes) && c.export.frozen != nil {
		return syscall.EPERM
	}
	if req.Type == cmdBlockStatus && !c.metaSet {
		return syscall.EINVAL
	}
	return 0
}

func (c *nbdConn) read(req nbdRequest) error {
	if c.structured && c.export.isHole(int64(req.Offset), int64(req.Length)) {
		hole := binary.BigEndian.AppendUint64(nil, req.Offset)
		return c.chunk(req, chunkHole, binary.BigEndian.AppendUint32(hole, req.Length), nil)
	}
	data := make([]byte, req.Length)
	if err := c.export.read(data, int64(req.Offset)); err != nil {
		return c.finish(req, syscall.EIO)
	}
	if c.structured {
		return c.chunk(req, chunkData, binary.BigEndian.AppendUint64(nil, req.Offset), data)
	}
	return c.simple(req, 0, data)
}

// finish answers a request without data.
func (c *nbdConn) finish(req nbdRequest, err error) error {
	code := uint32(0)
	var errno syscall.Errno
	if errors.As(err, &errno) {
		code = uint32(errno)
	} else if err != nil {
		code = uint32(syscall.EIO)
	}
	if !c.structured || (code == 0 && req.Type != cmdRead) {
		return c.simple(req, code, nil)
	}
	body := binary.BigEndian.AppendUint32(nil, code)
	return c.chunk(req, chunkError, binary.BigEndian.AppendUint16(body, 0), nil)
}

func (c *nbdConn) simple(req nbdRequest, code uint32, data []byte) error {
	head := binary.BigEndian.AppendUint32(nil, simpleMagic)
	head = binary.BigEndian.AppendUint32(head, code)
	return c.send(binary.BigEndian.AppendUint64(head, req.Cookie), data)
}

func (c *nbdConn) chunk(req nbdRequest, kind uint16, body, data []byte) error {
	head := binary.BigEndian.AppendUint32(nil, structuredMagic)
	head = binary.BigEndian.AppendUint16(head, chunkDone)
	head = binary.BigEndian.AppendUint16(head, kind)
	head = binary.BigEndian.AppendUint64(head, req.Cookie)
	head = binary.BigEndian.AppendUint32(head, uint32(len(body)+len(data)))
	return c.send(append(head, body...), data)
}

func (c *nbdConn) send(head, data []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if _, err := c.conn.Write(head); err != nil {
		return err
	}
	if len(data) == 0 {
		return nil
	}
	_, err := c.conn.Write(data)
	return err
}

// blockStatus reports holes of the composed chain in grains, as VDDK's QueryAllocatedBlocks does in chunks.
func (c *nbdConn) blockStatus(req nbdRequest) error {
	alloc, err := c.export.allocation()
	if err != nil {
		return c.finish(req, syscall.EIO)
	}
	body := binary.BigEndian.AppendUint32(nil, allocationID)
	end := int64(req.Offset) + int64(req.Length)
	for at := int64(req.Offset); at < end; {
		data := alloc.has(at / grain)
		next := (at/grain + 1) * grain
		for next < end && alloc.has(next/grain) == data {
			next += grain
		}
		next = min(next, end)
		state := uint32(3) // HOLE | ZERO
		if data {
			state = 0
		}
		body = binary.BigEndian.AppendUint32(body, uint32(next-at))
		body = binary.BigEndian.AppendUint32(body, state)
		at = next
		if req.Flags&flagReqOne != 0 {
			break
		}
	}
	return c.chunk(req, chunkBlockStatus, body, nil)
}

func (e *export) read(p []byte, offset int64) error {
	if e.frozen != nil {
		return e.frozen.Read(p, offset)
	}
	return e.disk.Read(p, offset)
}

func (e *export) write(req nbdRequest, payload []byte) error {
	e.vm.gate.RLock()
	defer e.vm.gate.RUnlock()
	if req.Type == cmdWriteZeroes {
		return e.disk.Zero(int64(req.Offset), int64(req.Length))
	}
	return e.disk.Write(payload, int64(req.Offset))
}

func (e *export) flush() error {
	if e.frozen != nil {
		return nil
	}
	e.disk.mu.RLock()
	defer e.disk.mu.RUnlock()
	return e.disk.target().Sync()
}

func (e *export) allocation() (bitmap, error) {
	if e.frozen != nil {
		return e.frozen.alloc, nil
	}
	e.disk.mu.RLock()
	defer e.disk.mu.RUnlock()
	return e.disk.allocated(len(e.disk.layers))
}

func (e *export) isHole(offset, length int64) bool {
	if e.frozen == nil || e.frozen.isGone() {
		return false
	}
	for block := offset / grain; block*grain < offset+length; block++ {
		if e.frozen.alloc.has(block) {
			return false
		}
	}
	return true
}

func (f *frozenDisk) isGone() bool {
	f.disk.mu.RLock()
	defer f.disk.mu.RUnlock()
	return f.gone
}

// cut ends all connections, or those of one VM, without a word.
func (s *nbdServer) cut(vm string) int {
	s.mu.Lock()
	var doomed []*nbdConn
	for _, c := range s.conns {
		if vm == "" || (c.shown != nil && c.shown.vm.ref.Value == vm) {
			doomed = append(doomed, c)
		}
	}
	s.mu.Unlock()
	for _, c := range doomed {
		c.end()
	}
	return len(doomed)
}

func (s *nbdServer) count(c *nbdConn, req nbdRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprintf("%s/%d", c.export.vm.ref.Value, c.export.disk.key)
	total := s.totals[id]
	if total == nil {
		total = &nbdTotal{VM: c.export.vm.ref.Value, Key: c.export.disk.key}
		s.totals[id] = total
	}
	if req.Type == cmdRead {
		total.ReadBytes += int64(req.Length)
		total.Reads++
		c.readBytes += int64(req.Length)
		return
	}
	total.WrittenBytes += int64(req.Length)
	total.Writes++
}
