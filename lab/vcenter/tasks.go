package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

type taskBody func(ctx *simulator.Context, vm *simulator.VirtualMachine) (types.AnyType, types.BaseMethodFault)

// startTask runs a body as a vCenter task of a VM. The task is created on the lab, so that the simulator does
// not hold the VM's lock while it waits (a real vCenter does not block readers); the body locks what it changes.
func (l *Lab) startTask(
	ctx *simulator.Context, method string, target types.ManagedObjectReference, run taskBody,
) (types.ManagedObjectReference, *soap.Fault) {
	vm, ok := ctx.Map.Get(target).(*simulator.VirtualMachine)
	if !ok {
		fault := &types.ManagedObjectNotFound{Obj: target}
		return target, simulator.Fault(sentence(fault), fault)
	}
	if fault := l.occupy(target); fault != nil {
		return target, simulator.Fault(sentence(fault), fault)
	}
	own := *ctx // locks are shared by context: the task needs one of its own
	named := make(chan struct{})
	operation := method[:len(method)-len("_Task")]
	task := simulator.CreateTask(l, lowerFirst(operation)+"Task", func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		<-named
		defer l.release(target)
		if !isInternal(&own) {
			l.faults.wait("task", method)
			if fault := l.faults.take("task", method, target.Value); fault != nil {
				return nil, fault
			}
		}
		defer l.saveAfter(&own, vm)
		return run(&own, vm)
	})
	task.Info.DescriptionId = target.Type + "." + lowerFirst(operation)
	ctx.WithLock(vm, func() { task.Info.EntityName = vm.Name })
	ref := task.Run(ctx)
	ctx.Map.AtomicUpdate(ctx, task, []types.PropertyChange{{Name: "info.entity", Val: target}})
	ctx.WithLock(vm, func() {
		recent := append(append([]types.ManagedObjectReference(nil), vm.RecentTask...), ref)
		ctx.Update(vm, []types.PropertyChange{{Name: "recentTask", Val: recent}})
	})
	l.mu.Lock()
	l.busy[target.Value] = ref
	l.mu.Unlock()
	close(named)
	return ref, nil
}

// occupy refuses a second task on a VM that has one.
func (l *Lab) occupy(vm types.ManagedObjectReference) types.BaseMethodFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if running, ok := l.busy[vm.Value]; ok {
		return &types.TaskInProgress{Task: running}
	}
	l.busy[vm.Value] = types.ManagedObjectReference{Type: "Task", Value: "task-starting"}
	return nil
}

func (l *Lab) release(vm types.ManagedObjectReference) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, vm.Value)
}

// nested waits for a task that the simulator itself started and hides it from the VM's recent tasks.
func (l *Lab) nested(
	ctx *simulator.Context, vm *simulator.VirtualMachine, ref types.ManagedObjectReference,
) (types.AnyType, types.BaseMethodFault) {
	task := ctx.Map.Get(ref).(*simulator.Task)
	task.Wait()
	var info types.TaskInfo
	ctx.WithLock(task, func() { info = task.Info })
	ctx.WithLock(vm, func() {
		var recent []types.ManagedObjectReference
		for _, other := range vm.RecentTask {
			if other != ref {
				recent = append(recent, other)
			}
		}
		ctx.Update(vm, []types.PropertyChange{{Name: "recentTask", Val: recent}})
	})
	if info.Error != nil {
		fault, _ := info.Error.Fault.(types.BaseMethodFault)
		return nil, fault
	}
	return info.Result, nil
}

func lowerFirst(s string) string { return string(s[0]|0x20) + s[1:] }

var _ mo.Reference = (*Lab)(nil)
