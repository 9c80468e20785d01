package main

import (
	"log"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// watcher follows the inventory: whatever adds, grows or removes a virtual disk, its bytes follow.
type watcher struct{ lab *Lab }

// Reference names the watcher among the registry's handlers.
func (w *watcher) Reference() types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "PracticeLab", Value: "watcher"}
}

// PutObject has nothing to do: a new VM has no devices yet.
func (w *watcher) PutObject(*simulator.Context, mo.Reference) {}

// UpdateObject runs under the VM's lock.
func (w *watcher) UpdateObject(_ *simulator.Context, obj mo.Reference, changes []types.PropertyChange) {
	vm, ok := obj.(*mo.VirtualMachine)
	if !ok {
		return
	}
	defer func() {
		if slices.ContainsFunc(changes, isKept) {
			w.lab.saveVM(vm)
		}
	}()
	for _, change := range changes {
		switch change.Name {
		case "config.hardware.device":
			w.lab.syncDisks(vm)
		case "runtime.powerState":
			lab := w.lab.labVMOf(vm.Self)
			w.lab.mu.Lock()
			lab.power = vm.Runtime.PowerState
			w.lab.mu.Unlock()
		}
	}
}

// RemoveObject is called for every object that leaves the registry.
func (w *watcher) RemoveObject(*simulator.Context, types.ManagedObjectReference) {}

func (l *Lab) syncDisks(vm *mo.VirtualMachine) {
	lab := l.labVMOf(vm.Self)
	present := map[int32]bool{}
	for _, device := range virtualDisks(vm.Config.Hardware.Device) {
		present[device.Key] = true
		if err := l.syncDisk(lab, device); err != nil {
			log.Printf("disk %d of %s: %v", device.Key, vm.Name, err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, disk := range lab.disks {
		if !present[key] {
			// A snapshot may still need it: its frozen view keeps the Disk; the files stay open.
			delete(lab.disks, key)
			_ = disk
		}
	}
}

func (l *Lab) syncDisk(lab *labVM, device *types.VirtualDisk) error {
	fileName, kind := fileAndKind(device)
	l.mu.Lock()
	known := lab.disks[device.Key]
	l.mu.Unlock()
	if known != nil && known.knows(fileName) {
		return known.grow(device.CapacityInBytes)
	}
	path := l.localPath(fileName)
	disk, err := openDisk(device.Key, kind, fileName, strings.TrimSuffix(path, ".vmdk")+"-flat.vmdk", device.CapacityInBytes)
	if err != nil {
		return err
	}
	disk.saved = func() { l.saveDisk(disk) }
	disk.mu.Lock()
	disk.save()
	disk.mu.Unlock()
	l.mu.Lock()
	lab.disks[device.Key] = disk
	l.mu.Unlock()
	return writeDescriptor(path, disk.capacity, "vmfs", filepath.Base(disk.basePath), "")
}

// fileAndKind tells whether snapshots can hold the disk.
func fileAndKind(device *types.VirtualDisk) (string, string) {
	switch b := device.Backing.(type) {
	case *types.VirtualDiskFlatVer2BackingInfo:
		if strings.HasPrefix(b.DiskMode, "independent") {
			return b.FileName, kindIndependent
		}
		return b.FileName, kindFlat
	case types.BaseVirtualDeviceFileBackingInfo:
		return b.GetVirtualDeviceFileBackingInfo().FileName, kindRDM
	}
	return "", kindRDM
}

// localPath turns "[datastore] a/b.vmdk" into the file here.
func (l *Lab) localPath(datastorePath string) string {
	var p object.DatastorePath
	p.FromString(datastorePath)
	return filepath.Join(l.storeDir, filepath.Clean("/"+p.Path))
}

func (l *Lab) forgetVM(vm string) {
	l.mu.Lock()
	gone := l.vms[vm]
	delete(l.vms, vm)
	for ref, snap := range l.snapshots {
		if snap.vm == vm {
			delete(l.snapshots, ref)
		}
	}
	l.mu.Unlock()
	if gone == nil {
		return
	}
	l.forgetKept(vm)
	l.stopChurn(gone)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, disk := range gone.disks {
		disk.close()
	}
}
