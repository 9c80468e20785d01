package main

import (
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// injectedFault waits for the next matching call or task.
type injectedFault struct {
	Method  string `json:"method"`
	Fault   string `json:"fault"`
	Where   string `json:"where"`
	Count   int    `json:"count"`
	Message string `json:"message,omitempty"`
	VM      string `json:"vm,omitempty"`
}

// injectedDelay slows a call, or keeps a task running.
type injectedDelay struct {
	Method string `json:"method"`
	Ms     int    `json:"ms"`
	Where  string `json:"where"`
	Count  int    `json:"count"` // 0 = until deleted
	used   int
}

// droppedCall cuts the connection of an SDK call before or after its effect.
type droppedCall struct {
	method string
	when   string
	count  int
}

// faultBoard holds what the control endpoint has asked to go wrong.
type faultBoard struct {
	mu     sync.Mutex
	faults []*injectedFault
	delays []*injectedDelay
	drops  []*droppedCall
}

// makeFault builds a vSphere fault by its type name; a message becomes its localized message.
func makeFault(name, message string) (types.BaseMethodFault, error) {
	kind, ok := types.TypeFunc()(name)
	if !ok {
		return nil, fmt.Errorf("no vSphere type named %q", name)
	}
	fault, ok := reflect.New(kind).Interface().(types.BaseMethodFault)
	if !ok {
		return nil, fmt.Errorf("%s is not a fault", name)
	}
	if message != "" {
		fault.GetMethodFault().FaultMessage = []types.LocalizableMessage{{Key: "lab.injected", Message: message}}
	}
	return fault, nil
}

func (b *faultBoard) add(f *injectedFault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, f)
}

// take returns the fault that is due for a method, counting it down.
func (b *faultBoard) take(where, method, vm string) types.BaseMethodFault {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.faults {
		if f.Where != where || f.Method != method || (f.VM != "" && f.VM != vm) {
			continue
		}
		f.Count--
		if f.Count <= 0 {
			b.faults = append(b.faults[:i:i], b.faults[i+1:]...)
		}
		fault, err := makeFault(f.Fault, f.Message)
		if err != nil {
			return &types.SystemError{Reason: err.Error()}
		}
		return fault
	}
	return nil
}

func (b *faultBoard) wait(where, method string) {
	b.mu.Lock()
	var pause time.Duration
	for _, d := range b.delays {
		if d.Where == where && d.Method == method && (d.Count == 0 || d.used < d.Count) {
			d.used++
			pause += time.Duration(d.Ms) * time.Millisecond
		}
	}
	b.mu.Unlock()
	if pause > 0 {
		time.Sleep(pause)
	}
}

func (b *faultBoard) dropNow(method, when string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, d := range b.drops {
		if d.when == when && (d.method == "" || d.method == method) {
			d.count--
			if d.count <= 0 {
				b.drops = append(b.drops[:i:i], b.drops[i+1:]...)
			}
			return true
		}
	}
	return false
}

// sentence is what a vCenter would say of a fault to a person; the type's name if we know nothing better.
func sentence(fault types.BaseMethodFault) string {
	if messages := fault.GetMethodFault().FaultMessage; len(messages) > 0 && messages[0].Message != "" {
		return messages[0].Message
	}
	switch f := fault.(type) {
	case *types.FileFault:
		return fmt.Sprintf("Error caused by file %s", f.File)
	case *types.InvalidArgument:
		return "A specified parameter was not correct: " + f.InvalidProperty
	case *types.ManagedObjectNotFound:
		return fmt.Sprintf("The object '%s:%s' has already been deleted or has not been completely created", f.Obj.Type, f.Obj.Value)
	}
	return sentenceByName(reflect.TypeOf(fault).Elem().Name())
}

var sentences = map[string]string{
	"ApplicationQuiesceFault":         "An error occurred while quiescing the virtual machine. See the virtual machine's event log for details.",
	"FilesystemQuiesceFault":          "An error occurred while quiescing the virtual machine. See the virtual machine's event log for details.",
	"FileFault":                       "A file operation on the datastore failed.",
	"FileLocked":                      "Unable to access file since it is locked",
	"FileNotFound":                    "File was not found",
	"GenericVmConfigFault":            "A general system error occurred while configuring the virtual machine.",
	"HostNotConnected":                "Unable to communicate with the remote host, since it is disconnected.",
	"InvalidArgument":                 "A specified parameter was not correct.",
	"InvalidDeviceOperation":          "Invalid operation for device.",
	"InvalidDeviceSpec":               "Invalid configuration for device.",
	"InvalidLogin":                    "Cannot complete login due to an incorrect user name or password.",
	"InvalidPowerState":               "The attempted operation cannot be performed in the current state of the virtual machine.",
	"InvalidProperty":                 "A property path does not exist.",
	"InvalidState":                    "The operation is not allowed in the current state.",
	"InvalidSnapshotFormat":           "The virtual machine has a snapshot in an unsupported format.",
	"ManagedObjectNotFound":           "The object has already been deleted or has not been completely created",
	"NoDiskSpace":                     "Insufficient disk space on datastore.",
	"NoPermission":                    "Permission to perform this operation was denied.",
	"NotAuthenticated":                "The session is not authenticated.",
	"NotSupported":                    "The operation is not supported on the object.",
	"RequestCanceled":                 "The operation was canceled.",
	"SnapshotFault":                   "An error occurred while taking a snapshot.",
	"SystemError":                     "A general system error occurred",
	"TaskInProgress":                  "The operation cannot be allowed at the moment because the virtual machine has another task in progress.",
	"ToolsUnavailable":                "The operation cannot be completed because VMware Tools is not running in this virtual machine.",
	"VmConfigFault":                   "The virtual machine configuration is invalid.",
	"TooManySnapshotLevels":           "The maximum number of snapshots for this virtual machine is reached.",
	"InsufficientResourcesFault":      "The available resources are insufficient to perform the operation.",
	"HostCommunication":               "Unable to communicate with the host.",
	"ConcurrentAccess":                "The operation has failed due to a concurrent modification.",
	"MultipleSnapshotsNotSupported":   "Multiple snapshots are not supported.",
	"MemorySnapshotOnIndependentDisk": "Cannot take a memory snapshot, since the virtual machine is configured with independent disks.",
}

func sentenceByName(name string) string {
	if text, ok := sentences[name]; ok {
		return text
	}
	return "The operation failed: " + name + "."
}
