package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// Lab is the one object of ours in the simulator's registry; Handler sends it the calls that need real disks.
// It must stay a pointer type without a field named Self (the registry would take it for a managed object).
type Lab struct {
	// The simulator's searches want a managed object in the first field of whatever is in its registry.
	Disguise mo.ExtensionManager

	mu        sync.Mutex
	scenario  *Scenario
	stateDir  string
	storeDir  string
	registry  *simulator.Registry
	service   *simulator.Service
	client    *vim25.Client
	datastore types.ManagedObjectReference
	vmFolder  types.ManagedObjectReference

	vms       map[string]*labVM    // by moref
	snapshots map[string]*snapshot // by moref
	busy      map[string]types.ManagedObjectReference
	oracle    []oracleEntry
	calls     map[string]int
	faults    faultBoard
	gates     *gates
	answers   answerBoard
	nbd       *nbdServer

	// keeping is on once the inventory stands: from then on every change is written down.
	keeping    atomic.Bool
	kept       keptLab
	oracleKept int // newest snapshots of each VM whose copies stay; 0 = all
}

// labVM is what the lab knows of a VM beside the simulator's object.
type labVM struct {
	ref   types.ManagedObjectReference
	disks map[int32]*Disk
	power types.VirtualMachinePowerState
	// gate lets guests write side by side and the freeze stop them all at one instant.
	gate  sync.RWMutex
	churn *churn
}

// snapshot is one snapshot with its frozen disks by device key.
type snapshot struct {
	ref         types.ManagedObjectReference
	vm          string
	name        string
	description string
	quiesced    bool
	created     string
	disks       map[int32]*frozenDisk
	// config is the simulator's configuration of the snapshot, encoded to be kept.
	config json.RawMessage
}

var labRef = types.ManagedObjectReference{Type: "PracticeLab", Value: "lab"}

// taken are the calls that the lab answers itself, around or instead of the simulator.
var taken = map[string]bool{
	"VirtualMachine.QueryChangedDiskAreas":         true,
	"VirtualMachine.CreateSnapshot_Task":           true,
	"VirtualMachine.CreateSnapshotEx_Task":         true,
	"VirtualMachine.RemoveAllSnapshots_Task":       true,
	"VirtualMachine.RevertToCurrentSnapshot_Task":  true,
	"VirtualMachine.ConsolidateVMDisks_Task":       true,
	"VirtualMachine.ReconfigVM_Task":               true,
	"VirtualMachine.PowerOnVM_Task":                true,
	"VirtualMachine.PowerOffVM_Task":               true,
	"VirtualMachine.Destroy_Task":                  true,
	"VirtualMachineSnapshot.RemoveSnapshot_Task":   true,
	"VirtualMachineSnapshot.RevertToSnapshot_Task": true,
	"Datastore.RefreshDatastore":                   true,
	"PropertyCollector.RetrievePropertiesEx":       true,
}

type contextKey string

// internalCall marks calls of the lab itself: no injected faults, no alarms of strictness.
const internalCall contextKey = "internal"

func newLab(scenario *Scenario, stateDir string) *Lab {
	l := &Lab{
		scenario: scenario, stateDir: stateDir,
		vms: map[string]*labVM{}, snapshots: map[string]*snapshot{},
		busy: map[string]types.ManagedObjectReference{}, calls: map[string]int{},
	}
	l.gates = newGates()
	return l
}

// Reference names the lab in the registry.
func (l *Lab) Reference() types.ManagedObjectReference { return labRef }

// Lock and Unlock opt out of the registry's lock per object: a running task must not block other VMs' calls.
func (l *Lab) Lock() {}

// Unlock is the other half of Lock.
func (l *Lab) Unlock() {}

// Handler sees every call before the simulator: it refuses what has no session, injects call faults and
// takes over by rewriting This (a returned object would be ignored once a session exists).
func (l *Lab) Handler(ctx *simulator.Context, m *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	if ctx.Session == nil {
		if m.Name == "RetrieveServiceContent" || m.Name == "Login" {
			return nil, l.callFault(ctx, m)
		}
		this := m.This
		return nil, &types.NotAuthenticated{NoPermission: types.NoPermission{Object: &this, PrivilegeId: "System.View"}}
	}
	if fault := l.callFault(ctx, m); fault != nil {
		return nil, fault
	}
	if taken[m.This.Type+"."+m.Name] && (m.This.Type == "PropertyCollector" || ctx.Map.Get(m.This) != nil) {
		m.This = labRef
	}
	return nil, nil
}

func isInternal(ctx *simulator.Context) bool {
	return ctx.Context != nil && ctx.Context.Value(internalCall) != nil
}

func (l *Lab) callFault(ctx *simulator.Context, m *simulator.Method) types.BaseMethodFault {
	if isInternal(ctx) {
		return nil
	}
	return l.faults.take("call", m.Name, l.vmOf(m.This))
}

// vmOf returns the moref value of the VM that a VM or snapshot reference concerns, else "".
func (l *Lab) vmOf(ref types.ManagedObjectReference) string {
	switch ref.Type {
	case "VirtualMachine":
		return ref.Value
	case "VirtualMachineSnapshot":
		l.mu.Lock()
		defer l.mu.Unlock()
		if snap := l.snapshots[ref.Value]; snap != nil {
			return snap.vm
		}
	}
	return ""
}

// fresh returns a context of the lab's own for simulator calls that need one.
func (l *Lab) fresh() *simulator.Context {
	ctx := *l.service.Context
	ctx.Context = context.WithValue(context.Background(), internalCall, true)
	return &ctx
}

func (l *Lab) simulated(ref types.ManagedObjectReference) (*simulator.VirtualMachine, error) {
	vm, ok := l.registry.Get(ref).(*simulator.VirtualMachine)
	if !ok {
		return nil, notFound("VM %s is not in the inventory", ref.Value)
	}
	return vm, nil
}

// labVMOf finds or makes the lab's record of a VM.
func (l *Lab) labVMOf(ref types.ManagedObjectReference) *labVM {
	l.mu.Lock()
	defer l.mu.Unlock()
	vm := l.vms[ref.Value]
	if vm == nil {
		vm = &labVM{ref: ref, disks: map[int32]*Disk{}, power: types.VirtualMachinePowerStatePoweredOff}
		l.vms[ref.Value] = vm
	}
	return vm
}

func (l *Lab) disk(vm *labVM, key int32) (*Disk, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if disk := vm.disks[key]; disk != nil {
		return disk, nil
	}
	return nil, notFound("VM %s has no disk with key %d", vm.ref.Value, key)
}

func (l *Lab) disksOf(vm *labVM) []*Disk {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*Disk, 0, len(vm.disks))
	for _, disk := range vm.disks {
		list = append(list, disk)
	}
	return list
}

func (l *Lab) isOn(vm *labVM) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return vm.power == types.VirtualMachinePowerStatePoweredOn
}

// find resolves a name, moref value or instance UUID.
func (l *Lab) find(wanted string) (*labVM, error) {
	l.mu.Lock()
	all := make([]*labVM, 0, len(l.vms))
	for _, vm := range l.vms {
		all = append(all, vm)
	}
	l.mu.Unlock()
	var found []*labVM
	for _, vm := range all {
		view, err := l.view(vm)
		if err != nil {
			continue
		}
		if vm.ref.Value == wanted || view.instanceUUID == wanted {
			return vm, nil
		}
		if view.name == wanted {
			found = append(found, vm)
		}
	}
	switch len(found) {
	case 0:
		return nil, notFound("no VM %q (give its name, moref or instance UUID)", wanted)
	case 1:
		return found[0], nil
	}
	return nil, httpError{409, fmt.Sprintf("%d VMs are named %q; give the moref or instance UUID", len(found), wanted)}
}

// vmView is a consistent look at the simulator's object.
type vmView struct {
	name, instanceUUID string
	changeTracking     bool
	consolidation      bool
	labels             map[int32]string
	backingUUIDs       map[int32]string
}

func (l *Lab) view(vm *labVM) (vmView, error) {
	sim, err := l.simulated(vm.ref)
	if err != nil {
		return vmView{}, err
	}
	var v vmView
	ctx := l.fresh()
	ctx.WithLock(sim, func() { v = viewOf(sim) })
	return v, nil
}

// viewOf reads a VM whose lock is held.
func viewOf(sim *simulator.VirtualMachine) vmView {
	v := vmView{labels: map[int32]string{}, backingUUIDs: map[int32]string{}}
	v.name, v.instanceUUID = sim.Name, sim.Config.InstanceUuid
	v.changeTracking = sim.Config.ChangeTrackingEnabled != nil && *sim.Config.ChangeTrackingEnabled
	v.consolidation = sim.Runtime.ConsolidationNeeded
	for _, disk := range virtualDisks(sim.Config.Hardware.Device) {
		v.backingUUIDs[disk.Key] = backingUUID(disk)
		if disk.DeviceInfo != nil {
			v.labels[disk.Key] = disk.DeviceInfo.GetDescription().Label
		}
	}
	return v
}

func vmRef(value string) types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "VirtualMachine", Value: value}
}

func virtualDisks(devices []types.BaseVirtualDevice) []*types.VirtualDisk {
	var disks []*types.VirtualDisk
	for _, device := range object.VirtualDeviceList(devices).SelectByType((*types.VirtualDisk)(nil)) {
		disks = append(disks, device.(*types.VirtualDisk))
	}
	return disks
}

func backingUUID(disk *types.VirtualDisk) string {
	switch b := disk.Backing.(type) {
	case *types.VirtualDiskFlatVer2BackingInfo:
		return b.Uuid
	case *types.VirtualDiskRawDiskMappingVer1BackingInfo:
		return b.Uuid
	}
	return ""
}
