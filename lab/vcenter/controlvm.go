package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

type vmBody struct {
	VM            string `json:"vm"`
	Key           int32  `json:"key"`
	SizeBytes     int64  `json:"size_bytes"`
	Thin          *bool  `json:"thin"`
	Name          string `json:"name"`
	Power         string `json:"power"`
	Needed        bool   `json:"needed"`
	Enabled       bool   `json:"enabled"`
	FreeBytes     *int64 `json:"free_bytes"`
	CapacityBytes int64  `json:"capacity_bytes"`
}

// vmRoutes change the inventory as an administrator would, through vCenter's own API.
func (l *Lab) vmRoutes(handle routes) {
	on := func(pattern string, run func(ctx context.Context, vm *labVM, o *object.VirtualMachine, b vmBody) (any, error)) {
		handle(pattern, func(r *http.Request) (any, error) {
			var b vmBody
			if err := readJSON(r, &b); err != nil {
				return nil, err
			}
			vm, err := l.find(b.VM)
			if err != nil {
				return nil, err
			}
			ctx := context.WithValue(r.Context(), internalCall, true)
			return run(ctx, vm, object.NewVirtualMachine(l.client, vm.ref), b)
		})
	}
	on("POST /lab/disk/grow", l.growDisk)
	on("POST /lab/disk/add", l.addDisk)
	on("POST /lab/disk/remove", l.removeDisk)
	on("POST /lab/disk/replace", l.replaceDisk)
	on("POST /lab/vm/rename", func(ctx context.Context, _ *labVM, o *object.VirtualMachine, b vmBody) (any, error) {
		if b.Name == "" {
			return nil, badRequest("name is required")
		}
		task, err := o.Rename(ctx, b.Name)
		return waited(ctx, task, err)
	})
	on("POST /lab/vm/power", func(ctx context.Context, _ *labVM, o *object.VirtualMachine, b vmBody) (any, error) {
		switch b.Power {
		case "poweredOn":
			task, err := o.PowerOn(ctx)
			return waited(ctx, task, err)
		case "poweredOff":
			task, err := o.PowerOff(ctx)
			return waited(ctx, task, err)
		}
		return nil, badRequest("power must be poweredOn or poweredOff")
	})
	on("POST /lab/vm/change-tracking", func(ctx context.Context, _ *labVM, o *object.VirtualMachine, b vmBody) (any, error) {
		task, err := o.Reconfigure(ctx, types.VirtualMachineConfigSpec{ChangeTrackingEnabled: &b.Enabled})
		return waited(ctx, task, err)
	})
	on("POST /lab/vm/remove", func(ctx context.Context, vm *labVM, o *object.VirtualMachine, _ vmBody) (any, error) {
		if l.isOn(vm) {
			task, err := o.PowerOff(ctx)
			if _, err := waited(ctx, task, err); err != nil {
				return nil, err
			}
		}
		task, err := o.Destroy(ctx)
		return waited(ctx, task, err)
	})
	on("POST /lab/vm/consolidation", func(_ context.Context, vm *labVM, _ *object.VirtualMachine, b vmBody) (any, error) {
		sim, err := l.simulated(vm.ref)
		if err != nil {
			return nil, err
		}
		ctx := l.fresh()
		ctx.WithLock(sim, func() { l.setConsolidation(ctx, sim, b.Needed) })
		return done, nil
	})
	handle("POST /lab/datastore", func(r *http.Request) (any, error) {
		var b vmBody
		if err := readJSON(r, &b); err != nil {
			return nil, err
		}
		if b.FreeBytes == nil && b.CapacityBytes <= 0 {
			return nil, badRequest("free_bytes or capacity_bytes is required")
		}
		if err := l.setDatastore(b.CapacityBytes, b.FreeBytes); err != nil {
			return nil, err
		}
		return done, l.saveLab()
	})
	handle("GET /lab/datastore", func(*http.Request) (any, error) { return l.datastoreView() })
}

func waited(ctx context.Context, task *object.Task, err error) (any, error) {
	if err == nil {
		err = task.Wait(ctx)
	}
	if err != nil {
		return nil, httpError{http.StatusConflict, err.Error()}
	}
	return done, nil
}

func (l *Lab) reconfigureDisk(
	ctx context.Context, o *object.VirtualMachine, disk *types.VirtualDisk,
	operation types.VirtualDeviceConfigSpecOperation, file types.VirtualDeviceConfigSpecFileOperation,
) (any, error) {
	task, err := o.Reconfigure(ctx, types.VirtualMachineConfigSpec{DeviceChange: []types.BaseVirtualDeviceConfigSpec{
		&types.VirtualDeviceConfigSpec{Operation: operation, FileOperation: file, Device: disk},
	}})
	return waited(ctx, task, err)
}

func (l *Lab) currentDisk(vm *labVM, key int32) (*types.VirtualDisk, error) {
	sim, err := l.simulated(vm.ref)
	if err != nil {
		return nil, err
	}
	var found *types.VirtualDisk
	ctx := l.fresh()
	ctx.WithLock(sim, func() { found = diskByKey(sim, key) })
	if found == nil {
		return nil, notFound("VM %s has no disk with key %d", vm.ref.Value, key)
	}
	own := *found
	return &own, nil
}

func (l *Lab) growDisk(ctx context.Context, vm *labVM, o *object.VirtualMachine, b vmBody) (any, error) {
	disk, err := l.currentDisk(vm, b.Key)
	if err != nil {
		return nil, err
	}
	if b.SizeBytes <= disk.CapacityInBytes || b.SizeBytes%1024 != 0 {
		return nil, badRequest("size_bytes must be a multiple of 1024 above %d", disk.CapacityInBytes)
	}
	disk.CapacityInBytes, disk.CapacityInKB = b.SizeBytes, b.SizeBytes/1024
	return l.reconfigureDisk(ctx, o, disk, types.VirtualDeviceConfigSpecOperationEdit, "")
}

func (l *Lab) addDisk(ctx context.Context, vm *labVM, o *object.VirtualMachine, b vmBody) (any, error) {
	if b.SizeBytes <= 0 || b.SizeBytes%(1<<20) != 0 {
		return nil, badRequest("size_bytes must be a multiple of 1 MiB")
	}
	n, dir, err := l.freeDisk(vm)
	if err != nil {
		return nil, err
	}
	d := ScenarioDisk{SizeMiB: b.SizeBytes >> 20, Kind: kindFlat, Thin: b.Thin, BackingUUID: backingUUIDForm(randomHex(16))}
	file := fmt.Sprintf("[%s] %s/added-%s.vmdk", l.scenario.Datastore.Name, dir, randomHex(4))
	disk := diskDevice(&d, n, file)
	if _, err := l.reconfigureDisk(ctx, o, disk, types.VirtualDeviceConfigSpecOperationAdd, types.VirtualDeviceConfigSpecFileOperationCreate); err != nil {
		return nil, err
	}
	return map[string]int32{"key": disk.Key}, nil
}

// freeDisk returns the lowest free disk number, as vCenter reuses keys, and the VM's directory.
func (l *Lab) freeDisk(vm *labVM) (int, string, error) {
	sim, err := l.simulated(vm.ref)
	if err != nil {
		return 0, "", err
	}
	used := map[int32]bool{}
	var path object.DatastorePath
	ctx := l.fresh()
	ctx.WithLock(sim, func() {
		for _, disk := range virtualDisks(sim.Config.Hardware.Device) {
			used[disk.Key] = true
		}
		path.FromString(sim.Config.Files.VmPathName)
	})
	for n := 0; ; n++ {
		if !used[int32(firstDiskKey+n)] {
			return n, filepath.Dir(path.Path), nil
		}
	}
}

func (l *Lab) removeDisk(ctx context.Context, vm *labVM, o *object.VirtualMachine, b vmBody) (any, error) {
	disk, err := l.currentDisk(vm, b.Key)
	if err != nil {
		return nil, err
	}
	return l.reconfigureDisk(ctx, o, disk, types.VirtualDeviceConfigSpecOperationRemove, "")
}

// replaceDisk puts a new, empty disk under the key of an old one, as happens when a key is reused.
func (l *Lab) replaceDisk(ctx context.Context, vm *labVM, o *object.VirtualMachine, b vmBody) (any, error) {
	old, err := l.currentDisk(vm, b.Key)
	if err != nil {
		return nil, err
	}
	if b.SizeBytes == 0 {
		b.SizeBytes = old.CapacityInBytes
	}
	if b.SizeBytes < 0 || b.SizeBytes%1024 != 0 {
		return nil, badRequest("size_bytes must be a multiple of 1024")
	}
	_, dir, err := l.freeDisk(vm)
	if err != nil {
		return nil, err
	}
	d := ScenarioDisk{Kind: kindFlat, Thin: b.Thin, BackingUUID: backingUUIDForm(randomHex(16))}
	n := int(b.Key) - firstDiskKey
	file := fmt.Sprintf("[%s] %s/added-%s.vmdk", l.scenario.Datastore.Name, dir, randomHex(4))
	disk := diskDevice(&d, n, file)
	disk.CapacityInBytes, disk.CapacityInKB = b.SizeBytes, b.SizeBytes/1024
	task, err := o.Reconfigure(ctx, types.VirtualMachineConfigSpec{DeviceChange: []types.BaseVirtualDeviceConfigSpec{
		&types.VirtualDeviceConfigSpec{Operation: types.VirtualDeviceConfigSpecOperationRemove, Device: old},
		&types.VirtualDeviceConfigSpec{
			Operation:     types.VirtualDeviceConfigSpecOperationAdd,
			FileOperation: types.VirtualDeviceConfigSpecFileOperationCreate, Device: disk,
		},
	}})
	if _, err := waited(ctx, task, err); err != nil {
		return nil, err
	}
	return map[string]string{"backing_uuid": d.BackingUUID}, nil
}

// setDatastore changes what is given: a capacity above 0, a free space that is not nil.
func (l *Lab) setDatastore(capacity int64, wanted *int64) error {
	store, ok := l.registry.Get(l.datastore).(*simulator.Datastore)
	if !ok {
		return fmt.Errorf("the datastore is gone")
	}
	ctx := l.fresh()
	ctx.WithLock(store, func() {
		if capacity <= 0 {
			capacity = store.Summary.Capacity
		}
		free := store.Summary.FreeSpace
		if wanted != nil {
			free = *wanted
		}
		changes := []types.PropertyChange{{Name: "summary.capacity", Val: capacity}, {Name: "summary.freeSpace", Val: free}}
		if local, ok := store.Info.(*types.LocalDatastoreInfo); ok {
			info := *local
			info.FreeSpace = free
			changes = append(changes, types.PropertyChange{Name: "info", Val: &info})
		}
		ctx.Update(store, changes)
	})
	return nil
}

func (l *Lab) datastoreView() (any, error) {
	store, ok := l.registry.Get(l.datastore).(*simulator.Datastore)
	if !ok {
		return nil, fmt.Errorf("the datastore is gone")
	}
	view := map[string]any{}
	ctx := l.fresh()
	ctx.WithLock(store, func() {
		view["name"], view["capacity_bytes"], view["free_bytes"] = store.Name, store.Summary.Capacity, store.Summary.FreeSpace
	})
	return view, nil
}

type diskView struct {
	Key         int32  `json:"key"`
	Label       string `json:"label"`
	Kind        string `json:"kind"`
	File        string `json:"file"`
	SizeBytes   int64  `json:"size_bytes"`
	BackingUUID string `json:"backing_uuid"`
	Layers      int    `json:"layers"`
	TrackID     string `json:"change_id_uuid"`
	Seq         uint64 `json:"seq"`
}

func (l *Lab) listRoutes(handle routes) {
	handle("GET /lab/vms", func(*http.Request) (any, error) { return l.listVMs(), nil })
	handle("GET /lab/snapshots", func(*http.Request) (any, error) { return l.listSnapshots(), nil })
	handle("GET /lab/churn", func(*http.Request) (any, error) {
		list := []map[string]any{}
		for _, vm := range l.sortedVMs() {
			l.mu.Lock()
			if vm.churn != nil {
				list = append(list, map[string]any{
					"vm": vm.ref.Value, "bytes_written": vm.churn.written, "writes": vm.churn.writes,
					"running": vm.power == types.VirtualMachinePowerStatePoweredOn,
				})
			}
			l.mu.Unlock()
		}
		return list, nil
	})
	handle("GET /lab/oracle", func(*http.Request) (any, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		return append([]oracleEntry{}, l.oracle...), nil
	})
	handle("POST /lab/oracle", func(r *http.Request) (any, error) {
		var b struct {
			Keep *int `json:"keep"`
		}
		if err := readJSON(r, &b); err != nil {
			return nil, err
		}
		if b.Keep == nil || *b.Keep < 0 {
			return nil, badRequest("keep must be a number of snapshots, 0 for all")
		}
		l.keepOracles(*b.Keep)
		return done, nil
	})
	handle("DELETE /lab/oracle", func(*http.Request) (any, error) {
		l.clearOracle()
		return done, nil
	})
	handle("GET /lab/calls", func(*http.Request) (any, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		return maps.Clone(l.calls), nil
	})
	handle("DELETE /lab/calls", func(*http.Request) (any, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		clear(l.calls)
		return done, nil
	})
}

func (l *Lab) listVMs() []map[string]any {
	list := []map[string]any{}
	for _, vm := range l.sortedVMs() {
		view, err := l.view(vm)
		if err != nil {
			continue
		}
		disks := []diskView{}
		for _, disk := range l.sortedDisks(vm) {
			file := disk.currentFile()
			disk.mu.RLock()
			disks = append(disks, diskView{
				disk.key, view.labels[disk.key], disk.kind, file, disk.capacity, view.backingUUIDs[disk.key],
				len(disk.layers), disk.trackID, disk.seq,
			})
			disk.mu.RUnlock()
		}
		power := "poweredOff"
		if l.isOn(vm) {
			power = "poweredOn"
		}
		list = append(list, map[string]any{
			"vm": vm.ref.Value, "name": view.name, "instance_uuid": view.instanceUUID, "power": power,
			"change_tracking": view.changeTracking, "consolidation_needed": view.consolidation, "disks": disks,
		})
	}
	return list
}

func (l *Lab) listSnapshots() []map[string]any {
	names := map[string]string{}
	for _, vm := range l.sortedVMs() {
		if view, err := l.view(vm); err == nil {
			names[vm.ref.Value] = view.name
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []map[string]any{}
	for _, ref := range slices.Sorted(maps.Keys(l.snapshots)) {
		snap := l.snapshots[ref]
		disks := []map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(snap.disks)) {
			disks = append(disks, map[string]any{"key": key, "change_id": snap.disks[key].changeID})
		}
		list = append(list, map[string]any{
			"vm": snap.vm, "vm_name": names[snap.vm], "snapshot": ref, "name": snap.name,
			"description": snap.description, "quiesced": snap.quiesced, "created": snap.created, "disks": disks,
		})
	}
	return list
}
