package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// CreateSnapshotTask freezes the VM's disks around the simulator's own snapshot.
func (l *Lab) CreateSnapshotTask(ctx *simulator.Context, req *types.CreateSnapshot_Task) soap.HasFault {
	body := &methods.CreateSnapshot_TaskBody{}
	ref, fault := l.createSnapshot(ctx, "CreateSnapshot_Task", req)
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.CreateSnapshot_TaskResponse{Returnval: ref}
	}
	return body
}

// CreateSnapshotExTask is the newer form of the same.
func (l *Lab) CreateSnapshotExTask(ctx *simulator.Context, req *types.CreateSnapshotEx_Task) soap.HasFault {
	body := &methods.CreateSnapshotEx_TaskBody{}
	ref, fault := l.createSnapshot(ctx, "CreateSnapshotEx_Task", &types.CreateSnapshot_Task{
		This: req.This, Name: req.Name, Description: req.Description, Memory: req.Memory, Quiesce: req.QuiesceSpec != nil,
	})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.CreateSnapshotEx_TaskResponse{Returnval: ref}
	}
	return body
}

func (l *Lab) createSnapshot(
	ctx *simulator.Context, method string, req *types.CreateSnapshot_Task,
) (types.ManagedObjectReference, *soap.Fault) {
	return l.startTask(ctx, method, req.This,
		func(own *simulator.Context, vm *simulator.VirtualMachine) (types.AnyType, types.BaseMethodFault) {
			return l.takeSnapshot(own, vm, req)
		})
}

// takeSnapshot locks the simulator's VM only to read and to publish: a real vCenter's readers do not wait.
func (l *Lab) takeSnapshot(
	ctx *simulator.Context, vm *simulator.VirtualMachine, req *types.CreateSnapshot_Task,
) (result types.AnyType, fault types.BaseMethodFault) {
	lab := l.labVMOf(vm.Self)
	var on, tracking bool
	ctx.WithLock(vm, func() {
		on = vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn
		tracking = vm.Config.ChangeTrackingEnabled != nil && *vm.Config.ChangeTrackingEnabled
	})
	made := &snapshot{
		vm: vm.Self.Value, name: req.Name, description: req.Description, quiesced: req.Quiesce && on,
		created: time.Now().UTC().Format(time.RFC3339Nano), disks: map[int32]*frozenDisk{},
	}

	// The snapshot's moref is known only after the simulator made it; until then the layers carry a place-holder.
	holder := "creating-" + vm.Self.Value
	lab.gate.Lock()
	copies, err := l.freezeAll(lab, holder, tracking, made)
	lab.gate.Unlock()
	if err != nil {
		l.thaw(lab, holder)
		return nil, &types.FileFault{File: "[" + l.scenario.Datastore.Name + "]"}
	}
	ctx.WithLock(vm, func() { result, fault = l.publish(ctx, vm, req, made) })
	if fault != nil {
		l.thaw(lab, holder)
		return nil, fault
	}
	made.ref = result.(types.ManagedObjectReference)
	ctx.WithLock(vm, func() {
		l.adopt(made, viewOf(vm), holder, copies)
		l.setFiles(ctx, vm, lab)
	})
	return made.ref, nil
}

// publish lets the simulator make its snapshot object; it copies the configuration with the change IDs.
func (l *Lab) publish(
	ctx *simulator.Context, vm *simulator.VirtualMachine, req *types.CreateSnapshot_Task, made *snapshot,
) (types.AnyType, types.BaseMethodFault) {
	l.setChangeIDs(ctx, vm, made)
	nested := *req
	nested.Quiesce = made.quiesced
	res := vm.CreateSnapshotTask(ctx, &nested)
	return l.nested(ctx, vm, res.(*methods.CreateSnapshot_TaskBody).Res.Returnval)
}

// freezeAll makes the oracle copies and pushes the layers; the caller holds the VM's gate.
func (l *Lab) freezeAll(lab *labVM, holder string, tracking bool, made *snapshot) ([]oracleCopy, error) {
	var copies []oracleCopy
	for _, disk := range l.disksOf(lab) {
		if !disk.snapshotable() {
			continue
		}
		copied, err := l.copyOracle(disk, holder)
		if err != nil {
			return nil, err
		}
		copies = append(copies, copied)
		frozen, err := disk.freeze(holder, tracking)
		if err != nil {
			return nil, err
		}
		made.disks[disk.key] = frozen
	}
	return copies, nil
}

func (l *Lab) thaw(lab *labVM, holder string) {
	for _, disk := range l.disksOf(lab) {
		disk.forget(holder)
		_, _ = disk.merge()
	}
	l.dropOracle(holder)
}

// adopt gives the layers and oracle copies their snapshot's name and publishes the snapshot.
func (l *Lab) adopt(made *snapshot, view vmView, holder string, copies []oracleCopy) {
	for _, frozen := range made.disks {
		frozen.disk.rename(holder, made.ref.Value)
	}
	l.keepConfig(made)
	l.mu.Lock()
	l.snapshots[made.ref.Value] = made
	l.mu.Unlock()
	l.keepOracle(made, view, holder, copies)
}

func (d *Disk) rename(holder, snapshot string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.layers {
		if l.openedBy == holder {
			l.openedBy = snapshot
		}
	}
	for _, f := range d.frozen {
		if f.snapshot == holder {
			f.snapshot = snapshot
		}
	}
	d.save()
}

// RemoveSnapshotTask merges the snapshot's layers and forgets it.
func (l *Lab) RemoveSnapshotTask(ctx *simulator.Context, req *types.RemoveSnapshot_Task) soap.HasFault {
	body := &methods.RemoveSnapshot_TaskBody{}
	l.mu.Lock()
	snap := l.snapshots[req.This.Value]
	l.mu.Unlock()
	if snap == nil {
		fault := &types.ManagedObjectNotFound{Obj: req.This}
		body.Fault_ = simulator.Fault(sentence(fault), fault)
		return body
	}
	ref, fault := l.startTask(ctx, "RemoveSnapshot_Task", vmRef(snap.vm),
		func(own *simulator.Context, vm *simulator.VirtualMachine) (types.AnyType, types.BaseMethodFault) {
			doomed := []types.ManagedObjectReference{req.This}
			own.WithLock(vm, func() {
				if req.RemoveChildren && vm.Snapshot != nil {
					doomed = subtree(vm.Snapshot.RootSnapshotList, req.This)
				}
			})
			return nil, l.removeSnapshots(own, vm, doomed, req.Consolidate == nil || *req.Consolidate)
		})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.RemoveSnapshot_TaskResponse{Returnval: ref}
	}
	return body
}

// RemoveAllSnapshotsTask removes children before their parents.
func (l *Lab) RemoveAllSnapshotsTask(ctx *simulator.Context, req *types.RemoveAllSnapshots_Task) soap.HasFault {
	body := &methods.RemoveAllSnapshots_TaskBody{}
	ref, fault := l.startTask(ctx, "RemoveAllSnapshots_Task", req.This,
		func(own *simulator.Context, vm *simulator.VirtualMachine) (types.AnyType, types.BaseMethodFault) {
			var doomed []types.ManagedObjectReference
			own.WithLock(vm, func() {
				if vm.Snapshot == nil {
					return
				}
				for _, root := range vm.Snapshot.RootSnapshotList {
					doomed = append(doomed, flatten(root)...)
				}
			})
			return nil, l.removeSnapshots(own, vm, doomed, req.Consolidate == nil || *req.Consolidate)
		})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.RemoveAllSnapshots_TaskResponse{Returnval: ref}
	}
	return body
}

// subtree lists a snapshot and all below it, deepest first.
func subtree(tree []types.VirtualMachineSnapshotTree, ref types.ManagedObjectReference) []types.ManagedObjectReference {
	for _, node := range tree {
		if node.Snapshot == ref {
			return flatten(node)
		}
		if found := subtree(node.ChildSnapshotList, ref); found != nil {
			return found
		}
	}
	return nil
}

func flatten(node types.VirtualMachineSnapshotTree) []types.ManagedObjectReference {
	var list []types.ManagedObjectReference
	for _, child := range node.ChildSnapshotList {
		list = append(list, flatten(child)...)
	}
	return append(list, node.Snapshot)
}

func (l *Lab) removeSnapshots(
	ctx *simulator.Context, vm *simulator.VirtualMachine, doomed []types.ManagedObjectReference, consolidate bool,
) (fault types.BaseMethodFault) {
	for _, ref := range doomed {
		ctx.WithLock(vm, func() { fault = l.removeSnapshot(ctx, vm, ref) })
		if fault != nil {
			return fault
		}
	}
	if !consolidate {
		ctx.WithLock(vm, func() { l.setConsolidation(ctx, vm, true) })
		return nil
	}
	return l.consolidate(ctx, vm)
}

func (l *Lab) removeSnapshot(
	ctx *simulator.Context, vm *simulator.VirtualMachine, ref types.ManagedObjectReference,
) types.BaseMethodFault {
	sim, ok := ctx.Map.Get(ref).(*simulator.VirtualMachineSnapshot)
	if !ok {
		return &types.ManagedObjectNotFound{Obj: ref}
	}
	res := sim.RemoveSnapshotTask(ctx, &types.RemoveSnapshot_Task{This: ref})
	if _, fault := l.nested(ctx, vm, res.(*methods.RemoveSnapshot_TaskBody).Res.Returnval); fault != nil {
		return fault
	}
	l.mu.Lock()
	snap := l.snapshots[ref.Value]
	delete(l.snapshots, ref.Value)
	l.mu.Unlock()
	// First the list without the snapshot, then its disks: what no list names is cleaned up at the next start.
	l.saveVM(&vm.VirtualMachine)
	for _, frozen := range snap.disks {
		frozen.disk.forget(ref.Value)
	}
	return nil
}

// consolidate merges without the VM's lock and publishes the shorter chains.
func (l *Lab) consolidate(ctx *simulator.Context, vm *simulator.VirtualMachine) types.BaseMethodFault {
	lab := l.labVMOf(vm.Self)
	for _, disk := range l.disksOf(lab) {
		merged, err := disk.merge()
		if err != nil {
			ctx.WithLock(vm, func() { l.setConsolidation(ctx, vm, true) })
			return &types.FileFault{File: disk.fileName}
		}
		ctx.WithLock(vm, func() { l.cutLinks(ctx, vm, merged) })
	}
	ctx.WithLock(vm, func() { l.setFiles(ctx, vm, lab) })
	return nil
}

// ConsolidateVMDisksTask merges layers that no snapshot needs.
func (l *Lab) ConsolidateVMDisksTask(ctx *simulator.Context, req *types.ConsolidateVMDisks_Task) soap.HasFault {
	body := &methods.ConsolidateVMDisks_TaskBody{}
	ref, fault := l.startTask(ctx, "ConsolidateVMDisks_Task", req.This,
		func(own *simulator.Context, vm *simulator.VirtualMachine) (types.AnyType, types.BaseMethodFault) {
			fault := l.consolidate(own, vm)
			if fault == nil {
				own.WithLock(vm, func() { l.setConsolidation(own, vm, false) })
			}
			return nil, fault
		})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.ConsolidateVMDisks_TaskResponse{Returnval: ref}
	}
	return body
}

func (l *Lab) setConsolidation(ctx *simulator.Context, vm *simulator.VirtualMachine, needed bool) {
	ctx.Update(vm, []types.PropertyChange{
		{Name: "runtime.consolidationNeeded", Val: needed},
		{Name: "summary.runtime.consolidationNeeded", Val: needed},
	})
}

// RevertToCurrentSnapshotTask throws away what the VM wrote since its newest snapshot.
func (l *Lab) RevertToCurrentSnapshotTask(ctx *simulator.Context, req *types.RevertToCurrentSnapshot_Task) soap.HasFault {
	body := &methods.RevertToCurrentSnapshot_TaskBody{}
	ref, fault := l.startTask(ctx, "RevertToCurrentSnapshot_Task", req.This, l.revert)
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.RevertToCurrentSnapshot_TaskResponse{Returnval: ref}
	}
	return body
}

// RevertToSnapshotTask reverts to the newest snapshot; others are refused, the lab keeps no branches.
func (l *Lab) RevertToSnapshotTask(ctx *simulator.Context, req *types.RevertToSnapshot_Task) soap.HasFault {
	body := &methods.RevertToSnapshot_TaskBody{}
	ref, fault := l.startTask(ctx, "RevertToSnapshot_Task", vmRef(l.vmOf(req.This)),
		func(own *simulator.Context, vm *simulator.VirtualMachine) (types.AnyType, types.BaseMethodFault) {
			var current *types.ManagedObjectReference
			own.WithLock(vm, func() {
				if vm.Snapshot != nil {
					current = vm.Snapshot.CurrentSnapshot
				}
			})
			if current == nil || *current != req.This {
				return nil, &types.NotSupported{}
			}
			return l.revert(own, vm)
		})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.RevertToSnapshot_TaskResponse{Returnval: ref}
	}
	return body
}

func (l *Lab) revert(ctx *simulator.Context, vm *simulator.VirtualMachine) (_ types.AnyType, fault types.BaseMethodFault) {
	ctx.WithLock(vm, func() {
		if vm.Snapshot == nil || vm.Snapshot.CurrentSnapshot == nil {
			fault = &types.NotFound{}
			return
		}
		lab := l.labVMOf(vm.Self)
		lab.gate.Lock()
		defer lab.gate.Unlock()
		for _, disk := range l.disksOf(lab) {
			if err := disk.discard(); err != nil {
				fault = &types.FileFault{File: disk.fileName}
			}
		}
	})
	return nil, fault
}
