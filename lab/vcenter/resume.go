package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// referencesPerStart keeps references that were made after different starts apart.
const referencesPerStart = 100_000

// resume rebuilds the inventory that an earlier run wrote down, under the same references.
func (l *Lab) resume() error {
	if err := readJSONFile(filepath.Join(l.stateDir, inventoryDir, "lab.json"), &l.kept); err != nil {
		return err
	}
	l.kept.Starts++
	s := &seeder{lab: l, client: l.client, ctx: context.WithValue(context.Background(), internalCall, true)}
	for _, step := range []func() error{s.names, s.datastore} {
		if err := step(); err != nil {
			return err
		}
	}
	vms, err := l.keptVMs()
	if err != nil {
		return err
	}
	s.counted = l.number("")
	for i := range vms {
		if err := s.restore(&vms[i]); err != nil {
			return fmt.Errorf("VM %s cannot be resumed (start with -fresh to build everything anew): %w", vms[i].Name, err)
		}
	}
	s.countFrom(l.kept.Starts * referencesPerStart)
	for i := range vms {
		if err := s.revive(&vms[i]); err != nil {
			return fmt.Errorf("VM %s: %w", vms[i].Name, err)
		}
	}
	if err := readJSONFile(l.oracleListPath(), &l.oracle); err != nil && !os.IsNotExist(err) {
		return err
	}
	return l.setDatastore(l.kept.CapacityBytes, &l.kept.FreeBytes)
}

func readJSONFile(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// keptVMs lists them in the order of their references, which is that of their making.
func (l *Lab) keptVMs() ([]keptVM, error) {
	files, err := filepath.Glob(filepath.Join(l.stateDir, inventoryDir, "vm-*.json"))
	if err != nil {
		return nil, err
	}
	list := make([]keptVM, len(files))
	for i, file := range files {
		if err := readJSONFile(file, &list[i]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b keptVM) int { return numberOf(a.Ref) - numberOf(b.Ref) })
	return list, nil
}

func numberOf(ref string) int {
	n, _ := strconv.Atoi(ref[strings.LastIndex(ref, "-")+1:])
	return n
}

// number takes the simulator's next reference number, or jumps to one that is far ahead.
func (l *Lab) number(value string) int {
	mark := &simulator.VirtualMachineSnapshot{}
	mark.Self = types.ManagedObjectReference{Type: "VirtualMachineSnapshot", Value: value}
	ref := l.registry.Put(mark).Reference()
	if value != "" {
		_ = l.registry.AlignCounter()
	}
	l.registry.Remove(l.fresh(), ref)
	return numberOf(ref.Value)
}

// countFrom lets the next reference be n+1.
func (s *seeder) countFrom(n int) {
	// Aligning counts objects in that have plain numbers for names: for small steps it would go too far.
	const few = 5000
	if n-s.counted > few {
		s.counted = s.lab.number(fmt.Sprintf("snapshot-%d", n))
	}
	for s.counted < n {
		s.counted = s.lab.number("")
	}
}

// restore makes the simulator's VM under its old reference and gives it back its disks and snapshots.
func (s *seeder) restore(kept *keptVM) error {
	var config types.VirtualMachineConfigInfo
	if err := decoded(kept.Config, &config); err != nil {
		return err
	}
	ref, err := s.remake(kept, &config)
	if err != nil {
		return err
	}
	sim, err := s.lab.simulated(ref)
	if err != nil {
		return err
	}
	disks, err := s.lab.loadDisks(kept)
	if err != nil {
		return err
	}
	lab := s.lab.labVMOf(ref)
	s.lab.mu.Lock()
	lab.disks = map[int32]*Disk{}
	for key, stem := range kept.Disks {
		lab.disks[key] = disks[stem]
	}
	s.lab.mu.Unlock()
	ctx := s.lab.fresh()
	ctx.WithLock(sim, func() {
		if err = fill(sim, kept, &config); err == nil {
			err = s.lab.restoreSnapshots(sim, kept, disks)
		}
	})
	return err
}

// remake creates the VM with the network cards it had; everything else is filled in afterwards.
func (s *seeder) remake(kept *keptVM, config *types.VirtualMachineConfigInfo) (ref types.ManagedObjectReference, err error) {
	for _, kind := range []string{"*.vmx", "*.nvram", "*.log"} {
		old, _ := filepath.Glob(filepath.Join(filepath.Dir(s.lab.localPath(config.Files.VmPathName)), kind))
		for _, file := range old {
			os.Remove(file)
		}
	}
	spec := types.VirtualMachineConfigSpec{
		Name: kept.Ref, GuestId: config.GuestId, InstanceUuid: config.InstanceUuid, Version: config.Version,
		Files: &types.VirtualMachineFileInfo{VmPathName: config.Files.VmPathName},
	}
	for _, device := range config.Hardware.Device {
		if _, ok := device.(types.BaseVirtualEthernetCard); ok {
			spec.DeviceChange = append(spec.DeviceChange, &types.VirtualDeviceConfigSpec{
				Operation: types.VirtualDeviceConfigSpecOperationAdd, Device: device,
			})
		}
	}
	folder, err := s.folder(kept.Folder)
	if err != nil {
		return ref, err
	}
	host := s.hosts[0]
	for _, other := range s.hosts {
		if sim, ok := s.lab.registry.Get(other.Reference()).(*simulator.HostSystem); ok && sim.Name == kept.Host {
			host = other
		}
	}
	// The task takes one number, the VM the next.
	s.countFrom(numberOf(kept.Ref) - 2)
	task, err := folder.CreateVM(s.ctx, spec, s.pool, host)
	if err != nil {
		return ref, err
	}
	info, err := task.WaitForResult(s.ctx, nil)
	if err != nil {
		return ref, err
	}
	ref = info.Result.(types.ManagedObjectReference)
	s.counted = numberOf(ref.Value)
	if ref.Value != kept.Ref {
		return ref, fmt.Errorf("its reference would be %s, not %s", ref.Value, kept.Ref)
	}
	return ref, nil
}

// fill overwrites what the simulator made by what was; the caller holds the VM's lock.
func fill(sim *simulator.VirtualMachine, kept *keptVM, config *types.VirtualMachineConfigInfo) error {
	sim.Config, sim.Name = config, kept.Name
	// The simulator concludes this from the disks that a VM is made with; here they come later.
	sim.Capability.ChangeTrackingSupported = slices.ContainsFunc(config.Hardware.Device, isDisk)
	sim.Runtime.ConsolidationNeeded, sim.Summary.Runtime.ConsolidationNeeded = kept.Consolidation, kept.Consolidation
	sim.Snapshot = nil
	for _, err := range []error{
		decoded(kept.SummaryConfig, &sim.Summary.Config), decoded(kept.Layout, &sim.Layout),
		decoded(kept.LayoutEx, &sim.LayoutEx), decoded(kept.SnapshotTree, &sim.Snapshot),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func isDisk(device types.BaseVirtualDevice) bool {
	_, ok := device.(*types.VirtualDisk)
	return ok
}

// revive powers on what ran, lets the guest's tools look alive and finishes what a killed lab left half done.
func (s *seeder) revive(kept *keptVM) error {
	lab := s.lab.labVMOf(vmRef(kept.Ref))
	sim, err := s.lab.simulated(lab.ref)
	if err != nil {
		return err
	}
	ctx := s.lab.fresh()
	if !kept.Consolidation {
		if fault := s.lab.consolidate(ctx, sim); fault != nil {
			return fmt.Errorf("its layers cannot be merged: %s", sentence(fault))
		}
	}
	if kept.Power == string(types.VirtualMachinePowerStatePoweredOn) {
		task, err := object.NewVirtualMachine(s.client, lab.ref).PowerOn(s.ctx)
		if err != nil {
			return err
		}
		if err := task.Wait(s.ctx); err != nil {
			return err
		}
	}
	ctx.WithLock(sim, func() {
		if err = decoded(kept.Guest, &sim.Guest); err == nil {
			err = decoded(kept.SummaryGuest, &sim.Summary.Guest)
		}
	})
	return err
}

// restoreSnapshots gives the VM the snapshots that both the list and the simulator's tree knew.
func (l *Lab) restoreSnapshots(sim *simulator.VirtualMachine, kept *keptVM, disks map[string]*Disk) error {
	known := map[string]bool{}
	for i := range kept.Snapshots {
		snap, err := l.restoreSnapshot(sim, &kept.Snapshots[i], disks)
		if err != nil {
			return err
		}
		if snap != nil {
			known[snap.ref.Value] = true
		}
	}
	if sim.Snapshot != nil {
		list := pruned(sim.Snapshot.RootSnapshotList, known)
		sim.Snapshot, sim.RootSnapshot = nil, nil
		if len(list) > 0 {
			sim.Snapshot = &types.VirtualMachineSnapshotInfo{RootSnapshotList: list, CurrentSnapshot: newest(list)}
		}
		for _, root := range list {
			sim.RootSnapshot = append(sim.RootSnapshot, root.Snapshot)
		}
		l.nameChildren(list)
	}
	for _, disk := range disks {
		for _, view := range slices.Clone(disk.frozen) {
			if !known[view.snapshot] {
				disk.forget(view.snapshot)
			}
		}
	}
	return nil
}

func (l *Lab) restoreSnapshot(sim *simulator.VirtualMachine, kept *keptSnapshot, disks map[string]*Disk) (*snapshot, error) {
	ref := types.ManagedObjectReference{Type: "VirtualMachineSnapshot", Value: kept.Ref}
	if sim.Snapshot == nil || !contained(sim.Snapshot.RootSnapshotList, ref) {
		return nil, nil
	}
	snap := &snapshot{
		ref: ref, vm: sim.Self.Value, name: kept.Name, description: kept.Description, quiesced: kept.Quiesced,
		created: kept.Created, config: kept.Config, disks: map[int32]*frozenDisk{},
	}
	for key, at := range kept.Disks {
		for _, view := range disks[at.Stem].frozen {
			if view.n == at.N {
				snap.disks[key] = view
			}
		}
		if snap.disks[key] == nil {
			return nil, fmt.Errorf("snapshot %s misses its disk %d", kept.Ref, key)
		}
	}
	object := &simulator.VirtualMachineSnapshot{DataSets: map[string]*simulator.DataSet{}}
	object.Self, object.Vm = ref, sim.Self
	if err := decoded(kept.Config, &object.Config); err != nil {
		return nil, err
	}
	l.registry.Put(object)
	l.mu.Lock()
	l.snapshots[kept.Ref] = snap
	l.mu.Unlock()
	return snap, nil
}

func contained(tree []types.VirtualMachineSnapshotTree, ref types.ManagedObjectReference) bool {
	return slices.ContainsFunc(tree, func(node types.VirtualMachineSnapshotTree) bool {
		return slices.Contains(flatten(node), ref)
	})
}

// pruned drops unknown snapshots from a tree; their children move up.
func pruned(tree []types.VirtualMachineSnapshotTree, known map[string]bool) []types.VirtualMachineSnapshotTree {
	var list []types.VirtualMachineSnapshotTree
	for _, node := range tree {
		node.ChildSnapshotList = pruned(node.ChildSnapshotList, known)
		if known[node.Snapshot.Value] {
			list = append(list, node)
		} else {
			list = append(list, node.ChildSnapshotList...)
		}
	}
	return list
}

// newest is the end of the one branch that the lab's trees have.
func newest(tree []types.VirtualMachineSnapshotTree) *types.ManagedObjectReference {
	last := &tree[len(tree)-1]
	if len(last.ChildSnapshotList) > 0 {
		return newest(last.ChildSnapshotList)
	}
	ref := last.Snapshot
	return &ref
}

func (l *Lab) nameChildren(tree []types.VirtualMachineSnapshotTree) {
	for _, node := range tree {
		if sim, ok := l.registry.Get(node.Snapshot).(*simulator.VirtualMachineSnapshot); ok {
			for _, child := range node.ChildSnapshotList {
				sim.ChildSnapshot = append(sim.ChildSnapshot, child.Snapshot)
			}
		}
		l.nameChildren(node.ChildSnapshotList)
	}
}
