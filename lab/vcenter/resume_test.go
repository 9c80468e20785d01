package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// everything is what clients can see of the lab, as text.
func (r *rig) everything() string {
	var parts []string
	for _, path := range []string{"/lab/vms", "/lab/snapshots", "/lab/oracle", "/lab/datastore"} {
		var raw []byte
		r.get(path, &raw)
		parts = append(parts, string(raw))
	}
	for _, name := range []string{"pgtest1", "mixed", "renamed"} {
		var props mo.VirtualMachine
		vm := r.vm(name)
		must(r.t, vm.Properties(r.ctx, vm.Reference(), []string{"name", "config", "capability", "snapshot", "guest", "runtime.powerState"}, &props))
		raw, err := json.Marshal([]any{
			props.Name, encoded(props.Config), props.Capability.ChangeTrackingSupported, encoded(props.Snapshot), encoded(props.Guest), props.Runtime.PowerState,
		})
		must(r.t, err)
		parts = append(parts, string(raw))
	}
	return fmt.Sprint(parts)
}

// eachRestart runs a test with a lab that was told to stop and with one that was killed.
func eachRestart(t *testing.T, run func(t *testing.T, r *rig, restart func())) {
	for _, way := range []string{"stopped", "killed"} {
		t.Run(way, func(t *testing.T) {
			r := newRig(t)
			run(t, r, func() {
				if way == "stopped" {
					r.lab.Close()
				}
				r.start()
			})
		})
	}
}

func TestARestartForgetsNothing(t *testing.T) {
	eachRestart(t, func(t *testing.T, r *rig, restart func()) {
		vm := r.vm("pgtest1")
		first := r.snapshot(vm, "first")
		since := r.backing(first, 2000).ChangeId
		r.write("pgtest1", 2000, 5<<20, []byte("after the first"))
		second := r.snapshot(vm, "second")
		r.write("pgtest1", 2000, 6<<20, []byte("after the second"))
		r.post("/lab/disk/add", `{"vm":"mixed","size_bytes":2097152}`)
		r.post("/lab/disk/replace", `{"vm":"mixed","key":2000}`)
		r.post("/lab/vm/rename", `{"vm":"off","name":"renamed"}`)
		r.post("/lab/vm/remove", `{"vm":"4205784a-0000-4000-8000-000000000004"}`)
		r.post("/lab/datastore", `{"free_bytes":123456789}`)
		before, live := r.everything(), r.read("pgtest1", 2000, 0, 8<<20)
		changed := r.areas(vm.Reference(), second, 2000, since, 8<<20)

		restart()
		if after := r.everything(); after != before {
			t.Fatalf("before:\n%s\nafter:\n%s", before, after)
		}
		if !bytes.Equal(r.read("pgtest1", 2000, 0, 8<<20), live) {
			t.Fatal("the disk is another")
		}
		if got := r.areas(vm.Reference(), second, 2000, since, 8<<20); fmt.Sprint(got) != fmt.Sprint(changed) {
			t.Fatal("the changed areas are others")
		}
		for _, snap := range []types.ManagedObjectReference{first, second} {
			frozen := make([]byte, 8<<20)
			must(t, r.lab.lab.snapshots[snap.Value].disks[2000].Read(frozen, 0))
			if !bytes.Equal(frozen, r.oracle(snap, 2000)) {
				t.Fatal("a snapshot is not its oracle copy")
			}
		}

		vm = r.vm("pgtest1")
		third := r.snapshot(vm, "third")
		wanted := append([]bool(nil), changed...)
		wanted[6<<20/grain] = true
		if got := r.areas(vm.Reference(), third, 2000, since, 8<<20); fmt.Sprint(got) != fmt.Sprint(wanted) {
			t.Fatal("a change before the restart is missing after it")
		}
		if !bytes.Equal(r.oracle(third, 2000), live) {
			t.Fatal("the copy of the third is wrong")
		}
		for _, ref := range []types.ManagedObjectReference{first, third, second} {
			r.remove(vm, ref)
		}
		if !bytes.Equal(r.read("pgtest1", 2000, 0, 8<<20), live) {
			t.Fatal("consolidation changed the disk")
		}
	})
}

func TestReferencesMadeAfterARestartAreNew(t *testing.T) {
	r := newRig(t)
	seen := map[string]bool{}
	for range 3 {
		vm := r.vm("pgtest1")
		for range 2 {
			snap := r.snapshot(vm, "s")
			if seen[snap.Value] {
				t.Fatalf("%s came again", snap.Value)
			}
			seen[snap.Value] = true
			r.remove(vm, snap)
		}
		r.lab.Close()
		r.start()
	}
}

func TestAKilledSnapshotIsUndoneAtTheNextStart(t *testing.T) {
	r := newRig(t)
	vm := r.lab.lab.labVMOf(r.vm("pgtest1").Reference())
	live := r.read("pgtest1", 2000, 0, 8<<20)
	made := &snapshot{disks: map[int32]*frozenDisk{}}
	_, err := r.lab.lab.freezeAll(vm, "creating-"+vm.ref.Value, true, made)
	must(t, err)
	r.write("pgtest1", 2000, 70_000, []byte("written while it was made"))
	copy(live[70_000:], "written while it was made")
	r.start()
	if !bytes.Equal(r.read("pgtest1", 2000, 0, 8<<20), live) {
		t.Fatal("a write is lost")
	}
	var list []struct{ Disks []struct{ Layers int } }
	r.get("/lab/vms", &list)
	for _, machine := range list {
		for _, disk := range machine.Disks {
			if disk.Layers != 0 {
				t.Fatal("a layer is left")
			}
		}
	}
}

func TestAnotherScenarioOrFreshStartsAnew(t *testing.T) {
	r := newRig(t)
	r.write("pgtest1", 2001, 0, []byte("to be forgotten"))
	r.lab.Close()
	r.given.Fresh = true
	r.start()
	if !isZero(r.read("pgtest1", 2001, 0, 4096)) {
		t.Fatal("it remembers")
	}
}

func TestTheControlTokenStays(t *testing.T) {
	r := newRig(t)
	before := r.lab.Ready.ControlToken
	r.lab.Close()
	r.start()
	if r.lab.Ready.ControlToken != before {
		t.Fatal("it changed")
	}
}
