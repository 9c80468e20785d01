package main

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sort"
	"strconv"
)

const maxControlBytes = 256 << 20

// httpError is an answer of the control or VDDK endpoint.
type httpError struct {
	status int
	text   string
}

func (e httpError) Error() string { return e.text }

func notFound(format string, args ...any) error {
	return httpError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return httpError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func answerError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var known httpError
	if errors.As(err, &known) {
		status = known.status
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

type controlHandler func(r *http.Request) (any, error)

// controlMux is the test's side door: on a port of its own, behind a token.
func (l *Lab) controlMux(token string) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, run controlHandler) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxControlBytes)
			value, err := run(r)
			if err != nil {
				answerError(w, err)
				return
			}
			if raw, ok := value.([]byte); ok {
				w.Header().Set("Content-Type", "application/octet-stream")
				_, _ = w.Write(raw)
				return
			}
			answer(w, value)
		})
	}
	l.diskRoutes(handle)
	l.gateRoutes(handle)
	l.answerRoutes(handle)
	l.faultRoutes(handle)
	l.vmRoutes(handle)
	l.listRoutes(handle)
	wanted := []byte("Bearer " + token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), wanted) != 1 {
			answerError(w, httpError{http.StatusUnauthorized, "the control token is missing or wrong"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

type routes func(pattern string, run controlHandler)

var done = map[string]bool{"ok": true}

// readJSON decodes a body strictly: a mistyped field in a test must not pass unseen.
func readJSON(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badRequest("the body is not the JSON expected: %v", err)
	}
	return nil
}

func (l *Lab) queryDisk(r *http.Request) (*labVM, *Disk, error) {
	vm, err := l.find(r.URL.Query().Get("vm"))
	if err != nil {
		return nil, nil, err
	}
	key, err := queryNumber(r, "key")
	if err != nil {
		return nil, nil, err
	}
	disk, err := l.disk(vm, int32(key))
	return vm, disk, err
}

func queryNumber(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	if err != nil || n < 0 {
		return 0, badRequest("%s must be a number of 0 or more", name)
	}
	return n, nil
}

type diskBody struct {
	VM     string `json:"vm"`
	Key    int32  `json:"key"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	Count  int    `json:"count"`
}

func (l *Lab) bodyDisk(b diskBody) (*labVM, *Disk, error) {
	vm, err := l.find(b.VM)
	if err != nil {
		return nil, nil, err
	}
	disk, err := l.disk(vm, b.Key)
	return vm, disk, err
}

func (l *Lab) diskRoutes(handle routes) {
	handle("POST /lab/write", l.controlWrite)
	handle("GET /lab/read", l.controlRead)
	handle("POST /lab/zero", func(r *http.Request) (any, error) {
		var b diskBody
		if err := readJSON(r, &b); err != nil {
			return nil, err
		}
		vm, disk, err := l.bodyDisk(b)
		if err != nil {
			return nil, err
		}
		vm.gate.RLock()
		defer vm.gate.RUnlock()
		if err := disk.Zero(b.Offset, b.Length); err != nil {
			return nil, badRequest("%v", err)
		}
		return done, nil
	})
	handle("POST /lab/cbt/reset", func(r *http.Request) (any, error) {
		var b diskBody
		if err := readJSON(r, &b); err != nil {
			return nil, err
		}
		_, disk, err := l.bodyDisk(b)
		if err != nil {
			return nil, err
		}
		disk.resetTracking()
		return done, nil
	})
	handle("POST /lab/churn", l.controlChurn)
	handle("DELETE /lab/churn", func(r *http.Request) (any, error) {
		vm, err := l.find(r.URL.Query().Get("vm"))
		if err != nil {
			return nil, err
		}
		l.stopChurn(vm)
		return done, nil
	})
}

func (l *Lab) controlWrite(r *http.Request) (any, error) {
	vm, disk, err := l.queryDisk(r)
	if err != nil {
		return nil, err
	}
	offset, err := queryNumber(r, "offset")
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r.Body)
	if err != nil || len(data) == 0 {
		return nil, badRequest("the body must be the bytes to write")
	}
	vm.gate.RLock()
	defer vm.gate.RUnlock()
	if err := disk.Write(data, offset); err != nil {
		return nil, badRequest("%v", err)
	}
	return map[string]int{"written": len(data)}, nil
}

func (l *Lab) controlRead(r *http.Request) (any, error) {
	_, disk, err := l.queryDisk(r)
	if err != nil {
		return nil, err
	}
	offset, err := queryNumber(r, "offset")
	if err != nil {
		return nil, err
	}
	length, err := queryNumber(r, "length")
	if err != nil || length > maxControlBytes {
		return nil, badRequest("length must be a number up to %d", maxControlBytes)
	}
	data := make([]byte, length)
	if err := disk.Read(data, offset); err != nil {
		return nil, badRequest("%v", err)
	}
	return data, nil
}

func (l *Lab) controlChurn(r *http.Request) (any, error) {
	var b struct {
		VM             string `json:"vm"`
		BytesPerSecond int64  `json:"bytes_per_second"`
		Seed           uint64 `json:"seed"`
		Area           string `json:"area"`
	}
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	if b.BytesPerSecond <= 0 || (b.Area != "" && b.Area != "free" && b.Area != "all") {
		return nil, badRequest("bytes_per_second must be positive, area free or all")
	}
	vm, err := l.find(b.VM)
	if err != nil {
		return nil, err
	}
	l.startChurn(vm, b.BytesPerSecond, b.Seed, b.Area)
	return done, nil
}

func (l *Lab) sortedDisks(vm *labVM) []*Disk {
	disks := l.disksOf(vm)
	slices.SortFunc(disks, func(a, b *Disk) int { return int(a.key - b.key) })
	return disks
}

func (l *Lab) sortedVMs() []*labVM {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*labVM, 0, len(l.vms))
	for _, vm := range l.vms {
		list = append(list, vm)
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i].ref.Value, list[j].ref.Value
		return len(a) < len(b) || (len(a) == len(b) && a < b)
	})
	return list
}
