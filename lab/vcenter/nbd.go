package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// The NBD protocol, fixed newstyle: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
const (
	nbdMagic      = 0x4e42444d41474943
	nbdOptMagic   = 0x49484156454f5054
	nbdReplyMagic = 0x3e889045565a9

	optExportName      = 1
	optAbort           = 2
	optList            = 3
	optInfo            = 6
	optGo              = 7
	optStructuredReply = 8
	optListMeta        = 9
	optSetMeta         = 10

	repAck         = 1
	repInfo        = 3
	repMetaContext = 4
	repErrUnsup    = 1<<31 + 1
	repErrPolicy   = 1<<31 + 2
	repErrInvalid  = 1<<31 + 3
	repErrUnknown  = 1<<31 + 6

	maxOptionBytes = 64 << 10
	maxRequest     = 32 << 20
	// VDDK reads sectors; so does the lab, or a client that works here fails there.
	sectorBytes  = 512
	metaContext  = "base:allocation"
	allocationID = 1
)

// export is what a ticket opens: a snapshot's disk read-only, or a powered-off VM's disk.
type export struct {
	name     string
	vm       *labVM
	disk     *Disk
	frozen   *frozenDisk // nil = the live disk, read/write
	snapshot string
	size     int64
}

type nbdServer struct {
	lab      *Lab
	listener net.Listener

	mu      sync.Mutex
	exports map[string]*export // by ticket
	conns   map[int]*nbdConn
	nextID  int
	totals  map[string]*nbdTotal
}

type nbdTotal struct {
	VM           string `json:"vm"`
	Key          int32  `json:"key"`
	ReadBytes    int64  `json:"read_bytes"`
	WrittenBytes int64  `json:"written_bytes"`
	Reads        int64  `json:"reads"`
	Writes       int64  `json:"writes"`
}

// nbdConn is one client.
type nbdConn struct {
	id         int
	server     *nbdServer
	conn       net.Conn
	in         *bufio.Reader
	closed     chan struct{}
	once       sync.Once
	export     *export // for the connection's own goroutines
	shown      *export // the same, guarded by the server's lock
	structured bool
	metaSet    bool
	noZeroes   bool
	writing    sync.Mutex
	readBytes  int64
}

func newNBDServer(lab *Lab, listener net.Listener) *nbdServer {
	return &nbdServer{lab: lab, listener: listener, exports: map[string]*export{}, conns: map[int]*nbdConn{}, totals: map[string]*nbdTotal{}}
}

func (s *nbdServer) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.nextID++
		c := &nbdConn{id: s.nextID, server: s, conn: conn, in: bufio.NewReaderSize(conn, 64<<10), closed: make(chan struct{})}
		s.conns[c.id] = c
		s.mu.Unlock()
		go c.run()
	}
}

// choose publishes the export of a connection.
func (c *nbdConn) choose(e *export) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.export, c.shown = e, e
}

func (c *nbdConn) end() {
	c.once.Do(func() {
		close(c.closed)
		c.conn.Close()
		c.server.mu.Lock()
		delete(c.server.conns, c.id)
		c.server.mu.Unlock()
	})
}

func (c *nbdConn) run() {
	defer c.end()
	if err := c.handshake(); err != nil {
		return
	}
	c.transmission()
}

func (c *nbdConn) handshake() error {
	hello := binary.BigEndian.AppendUint64(nil, nbdMagic)
	hello = binary.BigEndian.AppendUint64(hello, nbdOptMagic)
	hello = binary.BigEndian.AppendUint16(hello, 3) // FIXED_NEWSTYLE | NO_ZEROES
	if _, err := c.conn.Write(hello); err != nil {
		return err
	}
	var flags uint32
	if err := binary.Read(c.in, binary.BigEndian, &flags); err != nil {
		return err
	}
	if flags&1 == 0 || flags&^uint32(3) != 0 {
		return errors.New("unknown client flags")
	}
	c.noZeroes = flags&2 != 0
	for c.export == nil {
		if err := c.option(); err != nil {
			return err
		}
	}
	return nil
}

func (c *nbdConn) option() error {
	var head struct {
		Magic  uint64
		Option uint32
		Length uint32
	}
	if err := binary.Read(c.in, binary.BigEndian, &head); err != nil {
		return err
	}
	if head.Magic != nbdOptMagic || head.Length > maxOptionBytes {
		return errors.New("bad option")
	}
	data := make([]byte, head.Length)
	if _, err := io.ReadFull(c.in, data); err != nil {
		return err
	}
	switch head.Option {
	case optExportName:
		return c.exportName(string(data))
	case optAbort:
		_ = c.reply(head.Option, repAck, nil)
		return io.EOF
	case optList:
		return c.reply(head.Option, repErrPolicy, []byte("exports are opened by ticket"))
	case optStructuredReply:
		if len(data) != 0 {
			return c.reply(head.Option, repErrInvalid, nil)
		}
		c.structured = true
		return c.reply(head.Option, repAck, nil)
	case optInfo, optGo:
		return c.infoOrGo(head.Option, data)
	case optListMeta, optSetMeta:
		return c.metaContexts(head.Option, data)
	}
	return c.reply(head.Option, repErrUnsup, nil)
}

func (c *nbdConn) reply(option uint32, kind uint32, data []byte) error {
	out := binary.BigEndian.AppendUint64(nil, nbdReplyMagic)
	out = binary.BigEndian.AppendUint32(out, option)
	out = binary.BigEndian.AppendUint32(out, kind)
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	_, err := c.conn.Write(append(out, data...))
	return err
}

func (c *nbdConn) exportName(name string) error {
	opened := c.server.lookup(name)
	if opened == nil {
		return fmt.Errorf("no export")
	}
	out := binary.BigEndian.AppendUint64(nil, uint64(opened.size))
	out = binary.BigEndian.AppendUint16(out, opened.flags())
	if !c.noZeroes {
		out = append(out, make([]byte, 124)...)
	}
	c.choose(opened)
	_, err := c.conn.Write(out)
	return err
}

func (c *nbdConn) infoOrGo(option uint32, data []byte) error {
	if len(data) < 6 || int(binary.BigEndian.Uint32(data)) > len(data)-6 {
		return c.reply(option, repErrInvalid, nil)
	}
	nameLength := binary.BigEndian.Uint32(data)
	opened := c.server.lookup(string(data[4 : 4+nameLength]))
	if opened == nil {
		return c.reply(option, repErrUnknown, []byte("no such export; ask /vddk/open for a ticket"))
	}
	size := binary.BigEndian.AppendUint16(nil, 0) // NBD_INFO_EXPORT
	size = binary.BigEndian.AppendUint64(size, uint64(opened.size))
	size = binary.BigEndian.AppendUint16(size, opened.flags())
	if err := c.reply(option, repInfo, size); err != nil {
		return err
	}
	blocks := binary.BigEndian.AppendUint16(nil, 3) // NBD_INFO_BLOCK_SIZE
	for _, n := range []uint32{sectorBytes, uint32(grain), maxRequest} {
		blocks = binary.BigEndian.AppendUint32(blocks, n)
	}
	if err := c.reply(option, repInfo, blocks); err != nil {
		return err
	}
	if option == optGo {
		c.choose(opened)
	}
	return c.reply(option, repAck, nil)
}

func (c *nbdConn) metaContexts(option uint32, data []byte) error {
	if !c.structured && option == optSetMeta {
		return c.reply(option, repErrInvalid, []byte("structured replies first"))
	}
	name, queries, err := parseMeta(data)
	if err != nil {
		return c.reply(option, repErrInvalid, []byte(err.Error()))
	}
	if c.server.lookup(name) == nil {
		return c.reply(option, repErrUnknown, nil)
	}
	wanted := option == optListMeta && len(queries) == 0
	for _, query := range queries {
		wanted = wanted || query == metaContext || (option == optListMeta && query == "base:")
	}
	if option == optSetMeta {
		c.metaSet = wanted
	}
	if wanted {
		answer := append(binary.BigEndian.AppendUint32(nil, allocationID), metaContext...)
		if err := c.reply(option, repMetaContext, answer); err != nil {
			return err
		}
	}
	return c.reply(option, repAck, nil)
}

func parseMeta(data []byte) (name string, queries []string, err error) {
	take := func() (string, bool) {
		if len(data) < 4 || int(binary.BigEndian.Uint32(data)) > len(data)-4 {
			return "", false
		}
		n := binary.BigEndian.Uint32(data)
		text := string(data[4 : 4+n])
		data = data[4+n:]
		return text, true
	}
	name, ok := take()
	if !ok || len(data) < 4 {
		return "", nil, errors.New("short request")
	}
	count := binary.BigEndian.Uint32(data)
	data = data[4:]
	for range count {
		query, ok := take()
		if !ok {
			return "", nil, errors.New("short query")
		}
		queries = append(queries, query)
	}
	return name, queries, nil
}

func (s *nbdServer) lookup(name string) *export {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exports[name]
}

func (e *export) flags() uint16 {
	// HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_DF, CAN_MULTI_CONN
	flags := uint16(1<<0 | 1<<2 | 1<<3 | 1<<7 | 1<<8)
	if e.frozen != nil {
		return flags | 1<<1 // READ_ONLY
	}
	return flags | 1<<6 // SEND_WRITE_ZEROES
}
