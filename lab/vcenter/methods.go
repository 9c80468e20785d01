package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// ReconfigVMTask adds vCenter's rules on disks and change tracking to the simulator's reconfiguration.
func (l *Lab) ReconfigVMTask(ctx *simulator.Context, req *types.ReconfigVM_Task) soap.HasFault {
	body := &methods.ReconfigVM_TaskBody{}
	ref, fault := l.startTask(ctx, "ReconfigVM_Task", req.This,
		func(own *simulator.Context, vm *simulator.VirtualMachine) (_ types.AnyType, f types.BaseMethodFault) {
			own.WithLock(vm, func() { f = l.reconfigure(own, vm, req) })
			return nil, f
		})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.ReconfigVM_TaskResponse{Returnval: ref}
	}
	return body
}

func (l *Lab) reconfigure(
	ctx *simulator.Context, vm *simulator.VirtualMachine, req *types.ReconfigVM_Task,
) types.BaseMethodFault {
	lab := l.labVMOf(vm.Self)
	was := vm.Config.ChangeTrackingEnabled != nil && *vm.Config.ChangeTrackingEnabled
	wanted := req.Spec.ChangeTrackingEnabled
	hasSnapshots := vm.Snapshot != nil && len(vm.Snapshot.RootSnapshotList) > 0
	if wanted != nil && *wanted && !was && hasSnapshots {
		return &types.InvalidState{}
	}
	if fault := normaliseDiskChanges(vm, req.Spec.DeviceChange, hasSnapshots); fault != nil {
		return fault
	}
	res := vm.ReconfigVMTask(ctx, req)
	if _, fault := l.nested(ctx, vm, res.(*methods.ReconfigVM_TaskBody).Res.Returnval); fault != nil {
		return fault
	}
	if wanted != nil && *wanted != was {
		for _, disk := range l.disksOf(lab) {
			disk.resetTracking()
		}
	}
	return nil
}

// normaliseDiskChanges refuses a resize under snapshots and fills in the size that the simulator would lose
// (it reads capacityInBytes alone where both units differ from the old value).
func normaliseDiskChanges(
	vm *simulator.VirtualMachine, changes []types.BaseVirtualDeviceConfigSpec, hasSnapshots bool,
) types.BaseMethodFault {
	for i, change := range changes {
		spec := change.GetVirtualDeviceConfigSpec()
		disk, ok := spec.Device.(*types.VirtualDisk)
		if !ok {
			continue
		}
		if spec.Operation == types.VirtualDeviceConfigSpecOperationAdd && disk.UnitNumber == nil {
			return &types.InvalidDeviceSpec{DeviceIndex: int32(i)}
		}
		if spec.Operation != types.VirtualDeviceConfigSpecOperationEdit {
			continue
		}
		old := diskByKey(vm, disk.Key)
		if old == nil {
			return &types.InvalidDeviceSpec{DeviceIndex: int32(i)}
		}
		if disk.CapacityInKB != old.CapacityInKB && (disk.CapacityInBytes == 0 || disk.CapacityInBytes == old.CapacityInBytes) {
			disk.CapacityInBytes = disk.CapacityInKB * 1024
		}
		if disk.CapacityInBytes != old.CapacityInBytes && hasSnapshots {
			return &types.InvalidDeviceOperation{InvalidDeviceSpec: types.InvalidDeviceSpec{DeviceIndex: int32(i)}}
		}
	}
	return nil
}

func diskByKey(vm *simulator.VirtualMachine, key int32) *types.VirtualDisk {
	for _, disk := range virtualDisks(vm.Config.Hardware.Device) {
		if disk.Key == key {
			return disk
		}
	}
	return nil
}

// PowerOnVMTask passes on as a task of the lab, so that faults can be injected into it.
func (l *Lab) PowerOnVMTask(ctx *simulator.Context, req *types.PowerOnVM_Task) soap.HasFault {
	body := &methods.PowerOnVM_TaskBody{}
	ref, fault := l.startTask(ctx, "PowerOnVM_Task", req.This,
		func(own *simulator.Context, vm *simulator.VirtualMachine) (_ types.AnyType, f types.BaseMethodFault) {
			own.WithLock(vm, func() {
				res := vm.PowerOnVMTask(own, req).(*methods.PowerOnVM_TaskBody)
				if res.Fault_ != nil {
					f = &types.InvalidState{}
					return
				}
				_, f = l.nested(own, vm, res.Res.Returnval)
			})
			return nil, f
		})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.PowerOnVM_TaskResponse{Returnval: ref}
	}
	return body
}

// PowerOffVMTask is the same for off.
func (l *Lab) PowerOffVMTask(ctx *simulator.Context, req *types.PowerOffVM_Task) soap.HasFault {
	body := &methods.PowerOffVM_TaskBody{}
	ref, fault := l.startTask(ctx, "PowerOffVM_Task", req.This,
		func(own *simulator.Context, vm *simulator.VirtualMachine) (_ types.AnyType, f types.BaseMethodFault) {
			own.WithLock(vm, func() {
				res := vm.PowerOffVMTask(own, req).(*methods.PowerOffVM_TaskBody)
				_, f = l.nested(own, vm, res.Res.Returnval)
			})
			return nil, f
		})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.PowerOffVM_TaskResponse{Returnval: ref}
	}
	return body
}

// DestroyTask refuses a running VM, as vCenter does, and lets the watcher close the disks.
func (l *Lab) DestroyTask(ctx *simulator.Context, req *types.Destroy_Task) soap.HasFault {
	body := &methods.Destroy_TaskBody{}
	ref, fault := l.startTask(ctx, "Destroy_Task", req.This,
		func(own *simulator.Context, vm *simulator.VirtualMachine) (types.AnyType, types.BaseMethodFault) {
			var res soap.HasFault
			on := false
			own.WithLock(vm, func() {
				if on = vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn; !on {
					res = vm.DestroyTask(own, req)
				}
			})
			if on {
				return nil, &types.InvalidPowerState{
					RequestedState: types.VirtualMachinePowerStatePoweredOff,
					ExistingState:  types.VirtualMachinePowerStatePoweredOn,
				}
			}
			task := own.Map.Get(res.(*methods.Destroy_TaskBody).Res.Returnval).(*simulator.Task)
			task.Wait()
			l.forgetVM(vm.Self.Value)
			return nil, nil
		})
	if body.Fault_ = fault; fault == nil {
		body.Res = &types.Destroy_TaskResponse{Returnval: ref}
	}
	return body
}

// RefreshDatastore keeps the scenario's numbers; the simulator would set a terabyte a host.
func (l *Lab) RefreshDatastore(*simulator.Context, *types.RefreshDatastore) soap.HasFault {
	return &methods.RefreshDatastoreBody{Res: &types.RefreshDatastoreResponse{}}
}

// RetrievePropertiesEx fails as a whole for a property path that does not exist, as vCenter does.
func (l *Lab) RetrievePropertiesEx(ctx *simulator.Context, req *types.RetrievePropertiesEx) soap.HasFault {
	collector, ok := ctx.Session.Get(req.This).(*simulator.PropertyCollector)
	if !ok {
		fault := &types.ManagedObjectNotFound{Obj: req.This}
		return &methods.RetrievePropertiesExBody{Fault_: simulator.Fault(sentence(fault), fault)}
	}
	res := collector.RetrievePropertiesEx(ctx, req)
	answer := res.(*methods.RetrievePropertiesExBody)
	if answer.Res == nil || answer.Res.Returnval == nil {
		return res
	}
	for _, content := range answer.Res.Returnval.Objects {
		for _, missing := range content.MissingSet {
			if _, invalid := missing.Fault.Fault.(*types.InvalidProperty); invalid {
				fault := &types.InvalidProperty{Name: missing.Path}
				return &methods.RetrievePropertiesExBody{Fault_: simulator.Fault(sentence(fault), fault)}
			}
		}
	}
	return res
}
