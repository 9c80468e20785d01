package main

import (
	"net/http"
	"slices"
	"sync"

	"github.com/vmware/govmomi/vim25/types"
)

// Kinds of change-tracking answers that are not what they should be.
const (
	answerDrop       = "drop"        // a lie: one changed area is left out
	answerEmpty      = "empty"       // a lie: nothing changed
	answerUnsorted   = "unsorted"    // areas in the wrong order
	answerOverlap    = "overlapping" // an area stands twice
	answerBeyond     = "beyond-end"  // an area goes on behind the disk's end
	answerNoProgress = "no-progress" // a page that covers nothing
	answerExpired    = "expired"     // FileFault, as for a change ID that is no longer known
	answerInvalid    = "invalid"     // InvalidArgument: changeId
	answerFragmented = "fragmented"  // true, but in very many small areas
)

// defaultFragmentPage is how many areas a real host puts into one answer, about.
const defaultFragmentPage = 2000

var answerKinds = []string{
	answerDrop, answerEmpty, answerUnsorted, answerOverlap, answerBeyond, answerNoProgress,
	answerExpired, answerInvalid, answerFragmented,
}

// alteredAnswer changes what QueryChangedDiskAreas says of one disk, for so many walks over it.
type alteredAnswer struct {
	VM   string `json:"vm"`
	Key  int32  `json:"key"`
	Kind string `json:"kind"`
	// For tells which questions: "changes" (default), "allocated" ("*") or "any".
	For string `json:"for"`
	// Count of walks; each begins with a question from offset 0.
	Count int `json:"count"`
	// Index of the area that drop leaves out, counted over the whole disk and round again.
	Index int `json:"index,omitempty"`
	// Extents and PageCap are of fragmented.
	Extents int `json:"extents,omitempty"`
	PageCap int `json:"page_cap,omitempty"`
}

// answerBoard holds what the control endpoint has asked change tracking to say.
type answerBoard struct {
	mu      sync.Mutex
	waiting []*alteredAnswer
	// The walk that is under way, by VM and key: its later pages go on as the first began.
	current map[walkKey]*alteredAnswer
}

type walkKey struct {
	vm  string
	key int32
}

// areaWalk is one question: the grains that are truly in the answer, from an offset on.
type areaWalk struct {
	start  int64
	limit  int
	frozen *frozenDisk
	hit    func(int64) bool
}

func (w areaWalk) page() types.DiskChangeInfo { return w.frozen.page(w.start, w.limit, w.hit) }

// given is the answer to a question: the true one unless another was asked for.
func (b *answerBoard) given(req *types.QueryChangedDiskAreas, w areaWalk) (types.DiskChangeInfo, types.BaseMethodFault) {
	altered := b.take(walkKey{req.This.Value, req.DeviceKey}, req.ChangeId == "*", w)
	if altered == nil {
		return w.page(), nil
	}
	switch altered.Kind {
	case answerExpired:
		return types.DiskChangeInfo{}, &types.FileFault{File: w.frozen.name()}
	case answerInvalid:
		return types.DiskChangeInfo{}, &types.InvalidArgument{InvalidProperty: "changeId"}
	}
	return altered.apply(w), nil
}

func (b *answerBoard) take(at walkKey, allocated bool, w areaWalk) *alteredAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.start > 0 {
		return b.current[at]
	}
	delete(b.current, at)
	for i, a := range b.waiting {
		if a.VM != at.vm || a.Key != at.key || !a.concerns(allocated) || !a.possible(w) {
			continue
		}
		if a.Count--; a.Count <= 0 {
			b.waiting = slices.Delete(b.waiting, i, i+1)
		}
		if b.current == nil {
			b.current = map[walkKey]*alteredAnswer{}
		}
		b.current[at] = a
		return a
	}
	return nil
}

func (a *alteredAnswer) concerns(allocated bool) bool {
	return a.For == "any" || (a.For == "allocated") == allocated
}

// possible: what needs an area to spoil waits for an answer that has one.
func (a *alteredAnswer) possible(w areaWalk) bool {
	switch a.Kind {
	case answerDrop, answerEmpty, answerUnsorted, answerOverlap:
		return len(w.runs()) > 0
	}
	return true
}

// runs are all areas of the whole disk.
func (w areaWalk) runs() []types.DiskChangeExtent {
	return w.frozen.page(0, int(grains(w.frozen.capacity)), w.hit).ChangedArea
}

func (a *alteredAnswer) apply(w areaWalk) types.DiskChangeInfo {
	switch a.Kind {
	case answerDrop:
		return w.without(a.Index).page()
	case answerFragmented:
		return w.fragments(max(1, a.Extents), a.PageCap)
	}
	info := w.page()
	end := w.frozen.capacity
	switch a.Kind {
	case answerEmpty:
		info.ChangedArea, info.Length = nil, end-w.start
	case answerNoProgress:
		info.ChangedArea, info.Length = nil, 0
	case answerUnsorted:
		info.ChangedArea = reversed(info.ChangedArea)
	case answerOverlap:
		if n := len(info.ChangedArea); n > 0 {
			info.ChangedArea = append(info.ChangedArea, info.ChangedArea[n-1])
		}
	case answerBeyond:
		info.ChangedArea = append(info.ChangedArea, types.DiskChangeExtent{Start: end - 512, Length: grain})
		info.Length = end - w.start
	}
	return info
}

// reversed puts the last area first; a single one is cut in two for that.
func reversed(areas []types.DiskChangeExtent) []types.DiskChangeExtent {
	list := slices.Clone(areas)
	if len(list) == 1 {
		half := list[0].Length / 2
		list = []types.DiskChangeExtent{
			{Start: list[0].Start, Length: half}, {Start: list[0].Start + half, Length: list[0].Length - half},
		}
	}
	slices.Reverse(list)
	return list
}

func (w areaWalk) without(index int) areaWalk {
	runs := w.runs()
	hidden, hit := runs[index%len(runs)], w.hit
	w.hit = func(block int64) bool {
		return hit(block) && (block*grain < hidden.Start || block*grain >= hidden.Start+hidden.Length)
	}
	return w
}

// fragments cuts the truth into small areas and adds unchanged sectors until there are so many.
func (w areaWalk) fragments(wanted, limit int) types.DiskChangeInfo {
	if limit <= 0 {
		limit = defaultFragmentPage
	}
	all := w.smallAreas(wanted)
	from, _ := slices.BinarySearchFunc(all, w.start, func(a types.DiskChangeExtent, start int64) int {
		return int(a.Start + a.Length - 1 - start)
	})
	info := types.DiskChangeInfo{StartOffset: w.start, Length: w.frozen.capacity - w.start}
	if rest := all[from:]; len(rest) > limit {
		info.ChangedArea, info.Length = rest[:limit], rest[limit].Start-w.start
	} else {
		info.ChangedArea = rest
	}
	return info
}

func (w areaWalk) smallAreas(wanted int) []types.DiskChangeExtent {
	const sector = int64(512)
	runs, total := w.runs(), int64(0)
	for _, run := range runs {
		total += run.Length
	}
	piece := max(sector, (total/int64(wanted)+sector-1)/sector*sector)
	spare := max(0, int64(wanted)-(total+piece-1)/piece)
	var list []types.DiskChangeExtent
	at := int64(0)
	fill := func(until int64) {
		for ; at < until && spare > 0; at, spare = at+sector, spare-1 {
			list = append(list, types.DiskChangeExtent{Start: at, Length: min(sector, until-at)})
		}
		at = until
	}
	for _, run := range runs {
		fill(run.Start)
		for end := run.Start + run.Length; at < end; {
			length := min(piece, end-at)
			list = append(list, types.DiskChangeExtent{Start: at, Length: length})
			at += length
		}
	}
	fill(w.frozen.capacity)
	return list
}

func (l *Lab) answerRoutes(handle routes) {
	handle("POST /lab/cbt/answer", func(r *http.Request) (any, error) {
		var a alteredAnswer
		if err := readJSON(r, &a); err != nil {
			return nil, err
		}
		if !slices.Contains(answerKinds, a.Kind) {
			return nil, badRequest("kind must be one of %v", answerKinds)
		}
		if a.For == "" {
			a.For = "changes"
		}
		if !slices.Contains([]string{"changes", "allocated", "any"}, a.For) || a.Index < 0 {
			return nil, badRequest("for must be changes, allocated or any, index 0 or more")
		}
		vm, disk, err := l.bodyDisk(diskBody{VM: a.VM, Key: a.Key})
		if err != nil {
			return nil, err
		}
		a.VM, a.Key, a.Count = vm.ref.Value, disk.key, max(1, a.Count)
		if a.Kind == answerFragmented && a.Extents == 0 {
			a.Extents = 28_000
		}
		l.answers.mu.Lock()
		defer l.answers.mu.Unlock()
		l.answers.waiting = append(l.answers.waiting, &a)
		return done, nil
	})
	handle("GET /lab/cbt/answer", func(*http.Request) (any, error) {
		l.answers.mu.Lock()
		defer l.answers.mu.Unlock()
		list := []alteredAnswer{}
		for _, a := range l.answers.waiting {
			list = append(list, *a)
		}
		return list, nil
	})
	handle("DELETE /lab/cbt/answer", func(*http.Request) (any, error) {
		l.answers.mu.Lock()
		defer l.answers.mu.Unlock()
		l.answers.waiting, l.answers.current = nil, nil
		return done, nil
	})
}
