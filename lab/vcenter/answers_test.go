package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/vmware/govmomi/fault"
	"github.com/vmware/govmomi/vim25/types"
)

// changedTwice returns a snapshot, its VM and a change ID since which grains 1, 5 and 9 of disk 2000 changed.
func changedTwice(r *rig) (snap, vm types.ManagedObjectReference, since string) {
	machine := r.vm("pgtest1")
	first := r.snapshot(machine, "first")
	since = r.backing(first, 2000).ChangeId
	r.remove(machine, first)
	for _, block := range []int64{1, 5, 9} {
		r.write("pgtest1", 2000, block*grain+7, []byte("changed"))
	}
	return r.snapshot(machine, "second"), machine.Reference(), since
}

func (r *rig) answer(kind, more string) {
	r.t.Helper()
	r.post("/lab/cbt/answer", fmt.Sprintf(`{"vm":"pgtest1","key":2000,"kind":%q%s}`, kind, more))
}

func (r *rig) waitingAnswers() int {
	var list []alteredAnswer
	r.get("/lab/cbt/answer", &list)
	return len(list)
}

func marked(blocks ...int64) []bool {
	list := make([]bool, grains(8<<20))
	for _, block := range blocks {
		list[block] = true
	}
	return list
}

func TestAnswersCanLieAboutOneArea(t *testing.T) {
	r := newRig(t)
	snap, vm, since := changedTwice(r)
	truth := marked(1, 5, 9)
	for index, lie := range [][]bool{marked(5, 9), marked(1, 9), marked(1, 5), marked(5, 9)} {
		r.answer("drop", fmt.Sprintf(`,"index":%d`, index))
		if got := r.areas(vm, snap, 2000, since, 8<<20); fmt.Sprint(got) != fmt.Sprint(lie) {
			t.Fatalf("lie %d: %v", index, got)
		}
		if got := r.areas(vm, snap, 2000, since, 8<<20); fmt.Sprint(got) != fmt.Sprint(truth) {
			t.Fatalf("after lie %d: %v", index, got)
		}
	}
	r.answer("empty", `,"count":2`)
	for _, wanted := range [][]bool{marked(), marked(), truth} {
		if got := r.areas(vm, snap, 2000, since, 8<<20); fmt.Sprint(got) != fmt.Sprint(wanted) {
			t.Fatalf("empty: %v", got)
		}
	}
}

func TestAnswersCanBeMalformed(t *testing.T) {
	r := newRig(t)
	snap, vm, since := changedTwice(r)
	ask := func() types.DiskChangeInfo {
		info, err := r.query(vm, snap, 2000, 0, since)
		must(t, err)
		return *info
	}
	r.answer("unsorted", "")
	if areas := ask().ChangedArea; len(areas) != 3 || areas[0].Start != 9*grain || areas[2].Start != grain {
		t.Fatalf("unsorted: %+v", areas)
	}
	r.answer("overlapping", "")
	if areas := ask().ChangedArea; len(areas) != 4 || areas[3] != areas[2] {
		t.Fatalf("overlapping: %+v", areas)
	}
	r.answer("beyond-end", "")
	areas := ask().ChangedArea
	if last := areas[len(areas)-1]; last.Start >= 8<<20 || last.Start+last.Length <= 8<<20 {
		t.Fatalf("beyond the end: %+v", areas)
	}
	r.answer("no-progress", "")
	if info := ask(); info.Length != 0 || len(info.ChangedArea) != 0 {
		t.Fatalf("no progress: %+v", info)
	}
	r.answer("expired", "")
	_, err := r.query(vm, snap, 2000, 0, since)
	if !fault.Is(err, &types.FileFault{}) {
		t.Fatalf("expired: %v", err)
	}
	r.answer("invalid", "")
	_, err = r.query(vm, snap, 2000, 0, since)
	var argument *types.InvalidArgument
	if _, ok := fault.As(err, &argument); !ok || argument.InvalidProperty != "changeId" {
		t.Fatalf("invalid: %v", errors.Unwrap(err))
	}
	if info := ask(); len(info.ChangedArea) != 3 || r.waitingAnswers() != 0 {
		t.Fatalf("afterwards: %+v", info)
	}
}

func TestAnswersWaitForTheQuestionTheyAreMeantFor(t *testing.T) {
	r := newRig(t)
	snap, vm, since := changedTwice(r)
	r.answer("expired", `,"for":"allocated"`)
	if got := r.areas(vm, snap, 2000, since, 8<<20); fmt.Sprint(got) != fmt.Sprint(marked(1, 5, 9)) {
		t.Fatalf("%v", got)
	}
	if _, err := r.query(vm, snap, 2000, 0, "*"); !fault.Is(err, &types.FileFault{}) {
		t.Fatal(err)
	}
	// Disk 2001 has no changes that could be unsorted: the order stays for a later answer.
	r.post("/lab/cbt/answer", `{"vm":"pgtest1","key":2001,"kind":"unsorted","for":"any"}`)
	_, err := r.query(vm, snap, 2001, 0, r.backing(snap, 2001).ChangeId)
	must(t, err)
	if r.waitingAnswers() != 1 {
		t.Fatal("it was used up by an answer without areas")
	}
	r.control("DELETE", "/lab/cbt/answer", nil, nil)
	if r.waitingAnswers() != 0 {
		t.Fatal("it was not cleared")
	}
	var answered map[string]string
	if status := r.control("POST", "/lab/cbt/answer", []byte(`{"vm":"pgtest1","key":2000,"kind":"x"}`), &answered); status != 400 {
		t.Fatalf("%d %v", status, answered)
	}
}

func TestFragmentedAnswersAreTrueAndMany(t *testing.T) {
	r := newRig(t)
	snap, vm, since := changedTwice(r)
	r.answer("fragmented", `,"extents":16000,"page_cap":500`)
	covered, end, count := map[int64]bool{}, int64(0), 0
	for start := int64(0); start < 8<<20; {
		info, err := r.query(vm, snap, 2000, start, since)
		must(t, err)
		if info.StartOffset != start || info.Length <= 0 || len(info.ChangedArea) > 500 {
			t.Fatalf("page at %d: %d areas, %d bytes", start, len(info.ChangedArea), info.Length)
		}
		for _, area := range info.ChangedArea {
			if area.Start < end || area.Start < start || area.Start+area.Length > start+info.Length {
				t.Fatalf("area %+v at %d", area, start)
			}
			end, count = area.Start+area.Length, count+1
			for at := area.Start; at < end; at += 512 {
				covered[at] = true
			}
		}
		start += info.Length
	}
	if count != 16000 {
		t.Fatalf("%d areas", count)
	}
	for _, block := range []int64{1, 5, 9} {
		for at := block * grain; at < (block+1)*grain; at += 512 {
			if !covered[at] {
				t.Fatalf("the change at %d is missing", at)
			}
		}
	}
}

func TestAReplacedDiskHasTheKeyAndNothingElse(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	before := r.snapshot(vm, "before")
	old := *r.backing(before, 2000)
	image := r.oracle(before, 2000)
	r.post("/lab/disk/replace", `{"vm":"pgtest1","key":2000,"size_bytes":4195328}`)
	if !isZero(r.read("pgtest1", 2000, 0, 4<<20+1024)) {
		t.Fatal("the new disk is not empty")
	}
	frozen := make([]byte, 8<<20)
	must(t, r.lab.lab.snapshots[before.Value].disks[2000].Read(frozen, 0))
	if !bytes.Equal(frozen, image) {
		t.Fatal("the old snapshot lost the old disk")
	}
	r.remove(vm, before)
	after := r.snapshot(vm, "after")
	now := r.backing(after, 2000)
	if now.Uuid == old.Uuid || now.FileName == old.FileName || now.ChangeId[:40] == old.ChangeId[:40] {
		t.Fatalf("%+v after %+v", now, old)
	}
	if _, err := r.query(vm.Reference(), after, 2000, 0, old.ChangeId); !fault.Is(err, &types.FileFault{}) {
		t.Fatalf("the old change ID still counts: %v", err)
	}
}

func TestTheOracleKeepsAsManyCopiesAsIsWanted(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	take := func(times int) {
		for range times {
			r.remove(vm, r.snapshot(vm, "s"))
		}
	}
	kept := func() int {
		var list []oracleEntry
		r.get("/lab/oracle", &list)
		for _, entry := range list {
			_, err := os.Stat(entry.Path)
			must(t, err)
		}
		return len(list)
	}
	take(14)
	if kept() != 12*2 {
		t.Fatalf("%d copies", kept())
	}
	r.post("/lab/oracle", `{"keep":0}`)
	take(3)
	if kept() != 15*2 {
		t.Fatalf("%d copies", kept())
	}
	r.post("/lab/oracle", `{"keep":2}`)
	if kept() != 2*2 {
		t.Fatalf("%d copies", kept())
	}
}

func TestOracleCopiesAreSparseAndComposed(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	first := r.snapshot(vm, "first")
	r.write("pgtest1", 2000, 5<<20+3, []byte("in the layer"))
	r.post("/lab/zero", `{"vm":"pgtest1","key":2000,"offset":0,"length":131072}`)
	live := r.read("pgtest1", 2000, 0, 8<<20)
	second := r.snapshot(vm, "second")
	if !bytes.Equal(r.oracle(second, 2000), live) || bytes.Equal(r.oracle(first, 2000), live) {
		t.Fatal("the copy is not what the guest saw")
	}
	var list []oracleEntry
	r.get("/lab/oracle", &list)
	for _, entry := range list {
		file, err := os.Open(entry.Path)
		must(t, err)
		defer file.Close()
		held := int64(0)
		must(t, dataRanges(file, entry.SizeBytes, func(start, end int64) error { held += end - start; return nil }))
		if held > 512<<10 {
			t.Fatalf("%s holds %d bytes", entry.Path, held)
		}
	}
}
