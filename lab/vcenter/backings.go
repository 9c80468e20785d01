package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// editDisks changes copies of a VM's flat disks and publishes them: readers hold the old ones.
func editDisks(
	ctx *simulator.Context, vm *simulator.VirtualMachine,
	edit func(disk *types.VirtualDisk, backing *types.VirtualDiskFlatVer2BackingInfo),
) {
	devices := make([]types.BaseVirtualDevice, len(vm.Config.Hardware.Device))
	for i, device := range vm.Config.Hardware.Device {
		devices[i] = device
		disk, ok := device.(*types.VirtualDisk)
		if !ok {
			continue
		}
		backing, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
		if !ok {
			continue
		}
		disk2, backing2 := *disk, *backing
		disk2.Backing = &backing2
		edit(&disk2, &backing2)
		devices[i] = &disk2
	}
	ctx.Update(vm, []types.PropertyChange{{Name: "config.hardware.device", Val: devices}})
}

// setChangeIDs runs before the simulator copies the configuration into the snapshot.
func (l *Lab) setChangeIDs(ctx *simulator.Context, vm *simulator.VirtualMachine, made *snapshot) {
	editDisks(ctx, vm, func(disk *types.VirtualDisk, backing *types.VirtualDiskFlatVer2BackingInfo) {
		backing.ChangeId = ""
		if frozen := made.disks[disk.Key]; frozen != nil {
			backing.ChangeId = frozen.changeID
		}
	})
}

// setFiles lets the VM's disks name their newest layer, with the chain of parents below.
func (l *Lab) setFiles(ctx *simulator.Context, vm *simulator.VirtualMachine, lab *labVM) {
	editDisks(ctx, vm, func(disk *types.VirtualDisk, backing *types.VirtualDiskFlatVer2BackingInfo) {
		l.mu.Lock()
		known := lab.disks[disk.Key]
		l.mu.Unlock()
		if known == nil {
			return
		}
		chain := known.files()
		if backing.FileName == chain[len(chain)-1] && len(chain) == 1 {
			backing.Parent = nil
			return
		}
		below := *backing
		backing.FileName = chain[len(chain)-1]
		backing.Parent = nil
		at := backing
		for i := len(chain) - 2; i >= 0; i-- {
			parent := below
			parent.FileName, parent.Parent = chain[i], nil
			at.Parent = &parent
			at = &parent
		}
	})
}

// cutLinks removes merged layers from the backing chains that other snapshots' configurations show.
func (l *Lab) cutLinks(ctx *simulator.Context, vm *simulator.VirtualMachine, merged []string) {
	if len(merged) == 0 || vm.Snapshot == nil {
		return
	}
	for _, root := range vm.Snapshot.RootSnapshotList {
		for _, ref := range flatten(root) {
			l.renameInSnapshot(ctx, ref)
		}
	}
}

// renameInSnapshot makes a snapshot's configuration name the file that its view now lives in.
func (l *Lab) renameInSnapshot(ctx *simulator.Context, ref types.ManagedObjectReference) {
	sim, ok := ctx.Map.Get(ref).(*simulator.VirtualMachineSnapshot)
	l.mu.Lock()
	snap := l.snapshots[ref.Value]
	l.mu.Unlock()
	if !ok || snap == nil {
		return
	}
	ctx.WithLock(sim, func() {
		config := sim.Config
		config.Hardware.Device = append([]types.BaseVirtualDevice(nil), config.Hardware.Device...)
		for i, device := range config.Hardware.Device {
			disk, ok := device.(*types.VirtualDisk)
			if !ok || snap.disks[disk.Key] == nil {
				continue
			}
			backing := *disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
			backing.FileName, backing.Parent = snap.disks[disk.Key].refreshName(), nil
			disk2 := *disk
			disk2.Backing = &backing
			config.Hardware.Device[i] = &disk2
		}
		ctx.Update(sim, []types.PropertyChange{{Name: "config", Val: config}})
	})
	l.keepConfig(snap)
}

func (f *frozenDisk) refreshName() string {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.fileName = f.disk.fileName
	if f.top != nil {
		f.fileName = f.top.fileName
	}
	return f.fileName
}

func (f *frozenDisk) name() string {
	f.disk.mu.RLock()
	defer f.disk.mu.RUnlock()
	return f.fileName
}

// files lists the descriptors from the base to the newest layer.
func (d *Disk) files() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	list := []string{d.fileName}
	for _, l := range d.layers {
		list = append(list, l.fileName)
	}
	return list
}
