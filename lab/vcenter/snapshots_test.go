package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vmware/govmomi/fault"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func newVim(ctx context.Context, c *soap.Client) (*vim25.Client, error) {
	return vim25.NewClient(ctx, c)
}

func newSession(c *vim25.Client) *session.Manager { return session.NewManager(c) }

func (r *rig) query(vm, snapshot types.ManagedObjectReference, key int32, start int64, id string) (*types.DiskChangeInfo, error) {
	res, err := methods.QueryChangedDiskAreas(r.ctx, r.client, &types.QueryChangedDiskAreas{
		This: vm, Snapshot: &snapshot, DeviceKey: key, StartOffset: start, ChangeId: id,
	})
	if err != nil {
		return nil, err
	}
	return &res.Returnval, nil
}

// areas pages through all answers and returns, per grain, whether it is in one.
func (r *rig) areas(vm, snapshot types.ManagedObjectReference, key int32, id string, capacity int64) []bool {
	r.t.Helper()
	marked := make([]bool, grains(capacity))
	for start := int64(0); start < capacity; {
		info, err := r.query(vm, snapshot, key, start, id)
		must(r.t, err)
		if info.StartOffset != start || info.Length <= 0 || len(info.ChangedArea) > 3 {
			r.t.Fatalf("bad page %+v for start %d", info, start)
		}
		for _, area := range info.ChangedArea {
			for at := area.Start; at < area.Start+area.Length; at += grain {
				marked[at/grain] = true
			}
		}
		start += info.Length
	}
	return marked
}

func TestSnapshotIsReadableAndImmutableWhileTheGuestWrites(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	before := r.read("pgtest1", 2000, 0, 8<<20)
	if !bytes.Equal(before[:3<<20], imageBytes()) {
		t.Fatal("the disk does not begin with its image")
	}
	snap := r.snapshot(vm, "one")
	r.write("pgtest1", 2000, 100, []byte("written after the snapshot"))
	frozen := make([]byte, 8<<20)
	must(t, r.lab.lab.snapshots[snap.Value].disks[2000].Read(frozen, 0))
	if !bytes.Equal(frozen, before) || !bytes.Equal(r.oracle(snap, 2000), before) {
		t.Fatal("the snapshot or its oracle copy moved")
	}
	live := r.read("pgtest1", 2000, 0, 8<<20)
	r.remove(vm, snap)
	if !bytes.Equal(r.read("pgtest1", 2000, 0, 8<<20), live) {
		t.Fatal("consolidation changed the disk")
	}
	var left []any
	if r.get("/lab/snapshots", &left); len(left) != 0 {
		t.Fatal("a snapshot is left")
	}
	var props mo.VirtualMachine
	must(t, vm.Properties(r.ctx, vm.Reference(), []string{"snapshot", "config.hardware.device"}, &props))
	backing := virtualDisks(props.Config.Hardware.Device)[0].Backing.(*types.VirtualDiskFlatVer2BackingInfo)
	if props.Snapshot != nil || backing.FileName != "[vsanDatastore] pgtest1/pgtest1.vmdk" || backing.Parent != nil {
		t.Fatalf("the VM did not return to its base: %+v", backing)
	}
}

func TestChangedAreasAgreeWithANaiveModel(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	random := rand.New(rand.NewPCG(1, 2))
	type point struct {
		id    string
		image []byte
	}
	var points []point
	touched := [][]bool{}
	for range 6 {
		snap := r.snapshot(vm, "p")
		image := r.oracle(snap, 2000)
		backing := r.backing(snap, 2000)
		for i, older := range points {
			got := r.areas(vm.Reference(), snap, 2000, older.id, 8<<20)
			for block := range got {
				if got[block] != touched[i][block] {
					t.Fatalf("grain %d since point %d: lab says %v, model %v", block, i, got[block], touched[i][block])
				}
				a, b := int64(block)*grain, int64(block+1)*grain
				if !got[block] && !bytes.Equal(older.image[a:b], image[a:b]) {
					t.Fatalf("grain %d changed and is not reported", block)
				}
			}
		}
		allocated := r.areas(vm.Reference(), snap, 2000, "*", 8<<20)
		for block := range allocated {
			if !allocated[block] && !isZero(image[int64(block)*grain:int64(block+1)*grain]) {
				t.Fatalf("grain %d holds data and is not reported as allocated", block)
			}
		}
		points = append(points, point{backing.ChangeId, image})
		touched = append(touched, make([]bool, grains(8<<20)))
		r.remove(vm, snap)
		for range 7 {
			offset, data := random.Int64N(8<<20-9000), make([]byte, 1+random.IntN(9000))
			for i := range data {
				data[i] = byte(random.Uint32())
			}
			r.write("pgtest1", 2000, offset, data)
			for i := range touched {
				for at := offset / grain; at*grain < offset+int64(len(data)); at++ {
					touched[i][at] = true
				}
			}
		}
	}
}

func TestChainOfTwoSnapshotsComposesAndConsolidatesInAnyOrder(t *testing.T) {
	for _, olderFirst := range []bool{true, false} {
		r := newRig(t)
		vm := r.vm("pgtest1")
		first := r.snapshot(vm, "first")
		r.write("pgtest1", 2000, 70000, bytes.Repeat([]byte{0xaa}, 100000))
		second := r.snapshot(vm, "second")
		if name := r.backing(second, 2000).FileName; !strings.HasSuffix(name, "pgtest1-000001.vmdk") {
			t.Fatalf("the second snapshot reads %s", name)
		}
		r.write("pgtest1", 2000, 90000, bytes.Repeat([]byte{0xbb}, 5000))
		r.post("/lab/zero", `{"vm":"pgtest1","key":2000,"offset":2097152,"length":65536}`)
		live := r.read("pgtest1", 2000, 0, 8<<20)
		gone, kept := second, first
		if olderFirst {
			gone, kept = first, second
		}
		wanted := r.oracle(kept, 2000)
		r.remove(vm, gone)
		got := make([]byte, 8<<20)
		must(t, r.lab.lab.snapshots[kept.Value].disks[2000].Read(got, 0))
		if !bytes.Equal(got, wanted) || !bytes.Equal(r.read("pgtest1", 2000, 0, 8<<20), live) {
			t.Fatal("removing one snapshot changed the other or the live disk")
		}
		if _, err := r.lab.lab.openExport(vddkOpen{vm.Reference().Value, kept.Value, r.backing(kept, 2000).FileName, true}); err != nil {
			t.Fatal(err)
		}
		r.remove(vm, kept)
		if !bytes.Equal(r.read("pgtest1", 2000, 0, 8<<20), live) {
			t.Fatal("the live disk changed")
		}
	}
}

func TestOracleEqualsTheSnapshotUnderChurn(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	r.post("/lab/churn", `{"vm":"pgtest1","bytes_per_second":20000000,"seed":7,"area":"all"}`)
	for range 4 {
		snap := r.snapshot(vm, "under churn")
		for key, size := range map[int32]int64{2000: 8 << 20, 2001: 4 << 20} {
			got := make([]byte, size)
			must(t, r.lab.lab.snapshots[snap.Value].disks[key].Read(got, 0))
			if !bytes.Equal(got, r.oracle(snap, key)) {
				t.Fatalf("disk %d differs from its oracle copy", key)
			}
		}
		r.remove(vm, snap)
	}
	var churns []struct{ Writes int64 }
	if r.get("/lab/churn", &churns); len(churns) != 1 || churns[0].Writes == 0 {
		t.Fatalf("the guest did not write: %+v", churns)
	}
}

func TestChangeTrackingErrorsAreVCentersOwn(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	snap := r.snapshot(vm, "s")
	id := r.backing(snap, 2000).ChangeId
	uuid, _, _ := strings.Cut(id, "/")
	cases := []struct {
		name, id string
		key      int32
		start    int64
		want     types.BaseMethodFault
	}{
		{"foreign uuid", strings.Repeat("0", len(uuid)) + "/1", 2000, 0, &types.FileFault{}},
		{"from the future", uuid + "/99", 2000, 0, &types.FileFault{}},
		{"malformed", "nonsense", 2000, 0, &types.InvalidArgument{}},
		{"unknown disk", "*", 2009, 0, &types.InvalidArgument{}},
		{"beyond the end", "*", 2000, 8 << 20, &types.InvalidArgument{}},
	}
	for _, c := range cases {
		_, err := r.query(vm.Reference(), snap, c.key, c.start, c.id)
		if err == nil || !fault.Is(err, c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	r.post("/lab/cbt/reset", `{"vm":"pgtest1","key":2000}`)
	if _, err := r.query(vm.Reference(), snap, 2000, 0, id); !fault.Is(err, &types.FileFault{}) {
		t.Errorf("after a reset: %v", err)
	}
	r.remove(vm, snap)
	if _, err := r.query(vm.Reference(), snap, 2000, 0, "*"); !fault.Is(err, &types.ManagedObjectNotFound{}) {
		t.Errorf("after removal: %v", err)
	}
	off := r.vm("off")
	untracked := r.snapshot(off, "s")
	if _, err := r.query(off.Reference(), untracked, 2000, 0, "*"); !fault.Is(err, &types.FileFault{}) {
		t.Errorf("tracking off: %v", err)
	}
	if r.backing(untracked, 2000).ChangeId != "" {
		t.Error("a change ID without change tracking")
	}
}

func TestSnapshotLeavesOutRawAndIndependentDisks(t *testing.T) {
	r := newRig(t)
	snap := r.snapshot(r.vm("mixed"), "s")
	held := r.lab.lab.snapshots[snap.Value].disks
	if len(held) != 1 || held[2000] == nil {
		t.Fatalf("the snapshot holds %v", held)
	}
	var list []oracleEntry
	if r.get("/lab/oracle", &list); len(list) != 1 || list[0].BackingUUID != "6000C295-0004" {
		t.Fatalf("oracle: %+v", list)
	}
}

func TestDisksGrowAndComeAndGo(t *testing.T) {
	r := newRig(t)
	r.post("/lab/disk/grow", `{"vm":"pgtest1","key":2000,"size_bytes":16777216}`)
	r.write("pgtest1", 2000, 16<<20-4, []byte("tail"))
	var added struct{ Key int32 }
	r.control("POST", "/lab/disk/add", []byte(`{"vm":"pgtest1","size_bytes":2097152}`), &added)
	r.write("pgtest1", added.Key, 0, []byte("new disk"))
	vm := r.vm("pgtest1")
	snap := r.snapshot(vm, "s")
	var message struct{ Error string }
	if status := r.control("POST", "/lab/disk/grow", []byte(`{"vm":"pgtest1","key":2000,"size_bytes":33554432}`), &message); status != 409 {
		t.Fatalf("grown under a snapshot: %d", status)
	}
	r.remove(vm, snap)
	r.post("/lab/disk/remove", `{"vm":"pgtest1","key":2001}`)
	if status := r.control("GET", "/lab/read?vm=pgtest1&key=2001&offset=0&length=1", nil, &message); status != 404 {
		t.Fatalf("a removed disk still reads: %d", status)
	}
	r.control("POST", "/lab/disk/add", []byte(`{"vm":"pgtest1","size_bytes":1048576}`), &added)
	if added.Key != 2001 || !isZero(r.read("pgtest1", 2001, 0, 1<<20)) {
		t.Fatal("the key was not reused by an empty disk")
	}
}

func TestFaultsStrikeCallsAndTasks(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	r.post("/lab/fault", `{"method":"CreateSnapshot_Task","fault":"ApplicationQuiesceFault","where":"task"}`)
	task, err := vm.CreateSnapshot(r.ctx, "s", "", false, true)
	must(t, err)
	_, err = task.WaitForResult(r.ctx, nil)
	if !fault.Is(err, &types.ApplicationQuiesceFault{}) || !strings.Contains(err.Error(), "quiescing the virtual machine") {
		t.Fatalf("task fault: %v", err)
	}
	r.post("/lab/fault", `{"method":"RemoveSnapshot_Task","fault":"FileLocked","where":"task","message":"Held by host esx-09."}`)
	snap := r.snapshot(vm, "after the fault")
	task, err = vm.RemoveSnapshot(r.ctx, snap.Value, false, nil)
	must(t, err)
	if err = task.Wait(r.ctx); err == nil || !strings.Contains(err.Error(), "Held by host esx-09.") {
		t.Fatalf("own message: %v", err)
	}
	r.post("/lab/fault", `{"method":"QueryChangedDiskAreas","fault":"HostNotConnected","where":"call"}`)
	if _, err := r.query(vm.Reference(), snap, 2000, 0, "*"); !fault.Is(err, &types.HostNotConnected{}) {
		t.Fatalf("call fault: %v", err)
	}
	_, err = r.query(vm.Reference(), snap, 2000, 0, "*")
	must(t, err)
}

func TestASlowTaskBlocksNeitherReadersNorHidesItself(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	r.post("/lab/delay", `{"method":"CreateSnapshot_Task","ms":700,"where":"task","count":1}`)
	task, err := vm.CreateSnapshot(r.ctx, "slow", "", false, false)
	must(t, err)
	var running mo.Task
	must(t, property.DefaultCollector(r.client.Client).RetrieveOne(r.ctx, task.Reference(), []string{"info"}, &running))
	if running.Info.State != types.TaskInfoStateRunning || *running.Info.Entity != vm.Reference() {
		t.Fatalf("task: %+v", running.Info)
	}
	_, err = vm.CreateSnapshot(r.ctx, "second", "", false, false)
	if !fault.Is(err, &types.TaskInProgress{}) {
		t.Fatalf("a second task at once: %v", err)
	}
	var props mo.VirtualMachine
	must(t, vm.Properties(r.ctx, vm.Reference(), []string{"recentTask"}, &props))
	if len(props.RecentTask) == 0 || props.RecentTask[len(props.RecentTask)-1] != task.Reference() {
		t.Fatalf("recent tasks: %v", props.RecentTask)
	}
	must(t, task.Wait(r.ctx))
}

func TestLostSnapshotAnswerStillMadeTheSnapshot(t *testing.T) {
	r := newRig(t)
	r.post("/lab/drop", `{"target":"sdk","method":"CreateSnapshot_Task","when":"after"}`)
	if _, err := r.vm("pgtest1").CreateSnapshot(r.ctx, "lost", "", false, false); err == nil || errors.Is(err, context.Canceled) {
		t.Fatalf("the connection was not cut: %v", err)
	}
	waitFor(t, func() bool {
		var list []struct{ Name string }
		r.get("/lab/snapshots", &list)
		return len(list) == 1 && list[0].Name == "lost"
	})
}

func TestASnapshotRemovedWithoutConsolidationWaitsForIt(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	snap := r.snapshot(vm, "s")
	r.write("pgtest1", 2000, 12345, []byte("in the delta"))
	live := r.read("pgtest1", 2000, 0, 8<<20)
	consolidate := false
	task, err := vm.RemoveSnapshot(r.ctx, snap.Value, false, &consolidate)
	must(t, err)
	must(t, task.Wait(r.ctx))
	state := func() (bool, int) {
		var list []struct {
			Name          string
			Consolidation bool `json:"consolidation_needed"`
			Disks         []struct{ Layers int }
		}
		r.get("/lab/vms", &list)
		for _, v := range list {
			if v.Name == "pgtest1" {
				return v.Consolidation, v.Disks[0].Layers
			}
		}
		return false, -1
	}
	if needed, layers := state(); !needed || layers != 1 {
		t.Fatalf("needed %v, layers %d", needed, layers)
	}
	res, err := methods.ConsolidateVMDisks_Task(r.ctx, r.client, &types.ConsolidateVMDisks_Task{This: vm.Reference()})
	must(t, err)
	must(t, object.NewTask(r.client.Client, res.Returnval).Wait(r.ctx))
	if needed, layers := state(); needed || layers != 0 || !bytes.Equal(r.read("pgtest1", 2000, 0, 8<<20), live) {
		t.Fatalf("needed %v, layers %d, or the disk changed", needed, layers)
	}
}

func TestConsolidationUnderChurnLosesNoWrite(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	r.post("/lab/churn", `{"vm":"pgtest1","bytes_per_second":40000000,"seed":11,"area":"all"}`)
	first := r.snapshot(vm, "first")
	second := r.snapshot(vm, "second")
	r.remove(vm, first)
	third := r.snapshot(vm, "third")
	for _, snap := range []types.ManagedObjectReference{second, third} {
		got := make([]byte, 8<<20)
		must(t, r.lab.lab.snapshots[snap.Value].disks[2000].Read(got, 0))
		if !bytes.Equal(got, r.oracle(snap, 2000)) {
			t.Fatalf("%s differs from its oracle copy", snap.Value)
		}
	}
	r.control("DELETE", "/lab/churn?vm=pgtest1", nil, nil)
	live := r.read("pgtest1", 2000, 0, 8<<20)
	r.remove(vm, third)
	r.remove(vm, second)
	if !bytes.Equal(r.read("pgtest1", 2000, 0, 8<<20), live) {
		t.Fatal("the live disk changed")
	}
}
