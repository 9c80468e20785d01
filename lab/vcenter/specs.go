package main

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// spec is the VM's configuration; positive device keys are kept by the simulator, negative ones are not.
func (s *seeder) spec(v *ScenarioVM) (types.VirtualMachineConfigSpec, error) {
	store := s.lab.scenario.Datastore.Name
	dir := s.directory(v.Name)
	spec := types.VirtualMachineConfigSpec{
		Name: v.Name, GuestId: v.GuestOS, InstanceUuid: v.InstanceUUID, NumCPUs: v.NumCPU, MemoryMB: v.MemoryMB,
		Version: "vmx-19", ChangeTrackingEnabled: types.NewBool(v.ChangeTracking),
		Files: &types.VirtualMachineFileInfo{VmPathName: fmt.Sprintf("[%s] %s/%s.vmx", store, dir, dir)},
	}
	add := func(device types.BaseVirtualDevice, file types.VirtualDeviceConfigSpecFileOperation) {
		spec.DeviceChange = append(spec.DeviceChange, &types.VirtualDeviceConfigSpec{
			Operation: types.VirtualDeviceConfigSpecOperationAdd, FileOperation: file, Device: device,
		})
	}
	scsi := &types.ParaVirtualSCSIController{}
	scsi.Key, scsi.SharedBus = scsiKey, types.VirtualSCSISharingNoSharing
	scsi.DeviceInfo = &types.Description{Label: "SCSI controller 0", Summary: "VMware paravirtual SCSI"}
	add(scsi, "")
	for n := range v.Disks {
		file := fmt.Sprintf("[%s] %s/%s.vmdk", store, dir, dir)
		if n > 0 {
			file = fmt.Sprintf("[%s] %s/%s_%d.vmdk", store, dir, dir, n)
		}
		add(diskDevice(&v.Disks[n], n, file), types.VirtualDeviceConfigSpecFileOperationCreate)
	}
	nic, err := s.nic(v)
	if err != nil {
		return spec, err
	}
	add(nic, "")
	return spec, nil
}

func diskDevice(d *ScenarioDisk, n int, file string) *types.VirtualDisk {
	// Unit 7 is the controller's own.
	unit := int32(n)
	if n >= 7 {
		unit++
	}
	disk := &types.VirtualDisk{CapacityInKB: d.SizeMiB << 10, CapacityInBytes: d.SizeMiB << 20}
	disk.Key, disk.ControllerKey, disk.UnitNumber = int32(firstDiskKey+n), scsiKey, &unit
	disk.DeviceInfo = &types.Description{Label: fmt.Sprintf("Hard disk %d", n+1), Summary: ""}
	thin := d.Thin == nil || *d.Thin
	switch d.Kind {
	case kindRDM:
		disk.Backing = &types.VirtualDiskRawDiskMappingVer1BackingInfo{
			VirtualDeviceFileBackingInfo: types.VirtualDeviceFileBackingInfo{FileName: file},
			LunUuid:                      "0200000000" + d.BackingUUID, DeviceName: "vml.0200000000" + d.BackingUUID,
			CompatibilityMode: string(types.VirtualDiskCompatibilityModePhysicalMode),
			DiskMode:          string(types.VirtualDiskModeIndependent_persistent), Uuid: d.BackingUUID,
		}
	default:
		mode := types.VirtualDiskModePersistent
		if d.Kind == kindIndependent {
			mode = types.VirtualDiskModeIndependent_persistent
		}
		disk.Backing = &types.VirtualDiskFlatVer2BackingInfo{
			VirtualDeviceFileBackingInfo: types.VirtualDeviceFileBackingInfo{FileName: file},
			DiskMode:                     string(mode), ThinProvisioned: &thin, Uuid: d.BackingUUID,
		}
	}
	return disk
}

func (s *seeder) nic(v *ScenarioVM) (*types.VirtualVmxnet3, error) {
	network, err := s.finder.Network(s.ctx, v.Network)
	if err != nil {
		return nil, err
	}
	backing, err := network.EthernetCardBackingInfo(s.ctx)
	if err != nil {
		return nil, err
	}
	nic := &types.VirtualVmxnet3{}
	nic.Key, nic.Backing = firstNicKey, backing
	nic.DeviceInfo = &types.Description{Label: "Network adapter 1", Summary: v.Network}
	nic.AddressType, nic.MacAddress = "assigned", v.MAC
	nic.Connectable = &types.VirtualDeviceConnectInfo{StartConnected: true, AllowGuestControl: true, Connected: true}
	return nic, nil
}

// backingUUIDForm writes 32 hex digits as vSphere writes a disk's uuid.
func backingUUIDForm(digits string) string {
	digits = "6000c29" + digits[7:]
	return fmt.Sprintf("%s-%s-%s-%s-%s", digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32])
}
