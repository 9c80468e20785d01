package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

const (
	soapNamespace = "http://schemas.xmlsoap.org/soap/envelope/"
	xsiNamespace  = "http://www.w3.org/2001/XMLSchema-instance"
	vimNamespace  = "urn:vim25"
)

// element is one XML element of a request.
type element struct {
	name     xml.Name
	xsiType  string
	attrs    map[string]string
	children []*element
}

// checkRequest returns the method's name and what a strict vCenter would not accept, or "".
// govmomi's structs list the fields in schema order, so they serve as the schema.
func checkRequest(raw []byte) (method, complaint string) {
	root, err := parseXML(raw)
	if err != nil {
		return "", "The request is not well-formed XML: " + err.Error()
	}
	if root.name != (xml.Name{Space: soapNamespace, Local: "Envelope"}) {
		return "", "The root must be a SOAP 1.1 Envelope"
	}
	var call *element
	for _, child := range root.children {
		if child.name.Local == "Body" && len(child.children) == 1 {
			call = child.children[0]
		}
	}
	if call == nil {
		return "", "The SOAP Body must hold exactly one method"
	}
	method = call.name.Local
	if call.name.Space != vimNamespace {
		return method, fmt.Sprintf("%s must be in namespace %s, not %q", method, vimNamespace, call.name.Space)
	}
	kind, ok := types.TypeFunc()(method)
	if !ok {
		return method, "Unknown method " + method
	}
	return method, checkStruct(method, call, kind)
}

func parseXML(raw []byte) (*element, error) {
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	var stack []*element
	var root *element
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			if root == nil {
				return nil, fmt.Errorf("no element")
			}
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name, attrs: map[string]string{}}
			for _, attr := range t.Attr {
				if attr.Name.Space == xsiNamespace && attr.Name.Local == "type" {
					e.xsiType = attr.Value[strings.LastIndex(attr.Value, ":")+1:]
				} else {
					e.attrs[attr.Name.Local] = attr.Value
				}
			}
			if len(stack) == 0 {
				root = e
			} else {
				parent := stack[len(stack)-1]
				parent.children = append(parent.children, e)
			}
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}

// schemaField is one element that a type may hold.
type schemaField struct {
	name     string
	required bool
	kind     reflect.Type
	many     bool
}

func schemaOf(kind reflect.Type) []schemaField {
	var fields []schemaField
	for i := range kind.NumField() {
		field := kind.Field(i)
		if field.Anonymous {
			fields = append(fields, schemaOf(field.Type)...)
			continue
		}
		parts := strings.Split(field.Tag.Get("xml"), ",")
		if parts[0] == "" || parts[0] == "-" || contains(parts[1:], "attr") {
			continue
		}
		f := schemaField{name: parts[0], required: !contains(parts[1:], "omitempty"), kind: field.Type}
		if f.kind.Kind() == reflect.Slice && f.kind.Elem().Kind() != reflect.Uint8 {
			f.many, f.required, f.kind = true, false, f.kind.Elem()
		}
		if f.kind.Kind() == reflect.Pointer {
			f.required, f.kind = false, f.kind.Elem() // nil is left out whatever the tag says
		}
		fields = append(fields, f)
	}
	return fields
}

func checkStruct(path string, e *element, kind reflect.Type) string {
	fields := schemaOf(kind)
	at, seen := 0, map[string]int{}
	for _, child := range e.children {
		name := child.name.Local
		index := indexOf(fields, name)
		if index < 0 {
			return fmt.Sprintf("Unexpected element tag %q seen in %s; %s knows no such element", name, path, kind.Name())
		}
		if index < at {
			return fmt.Sprintf("Element %q of %s stands after %q; the schema wants it before", name, path, fields[at].name)
		}
		if seen[name]++; seen[name] > 1 && !fields[index].many {
			return fmt.Sprintf("Element %q stands twice in %s", name, path)
		}
		at = index
		if complaint := checkValue(path+"."+name, child, fields[index].kind); complaint != "" {
			return complaint
		}
	}
	for _, field := range fields {
		if field.required && seen[field.name] == 0 {
			return fmt.Sprintf("Required property %s is missing from %s", field.name, path)
		}
	}
	return ""
}

func indexOf(fields []schemaField, name string) int {
	for i, field := range fields {
		if field.name == name {
			return i
		}
	}
	return -1
}

// needsType are base types that mean nothing by themselves; vCenter cannot tell what is meant.
var needsType = map[string]bool{"VirtualDevice": true, "VirtualDeviceBackingInfo": true, "ImportSpec": true}

func checkValue(path string, e *element, kind reflect.Type) string {
	if kind == reflect.TypeOf(types.ManagedObjectReference{}) {
		if e.attrs["type"] == "" {
			return fmt.Sprintf("%s is a reference and needs the attribute type", path)
		}
		return ""
	}
	switch kind.Kind() {
	case reflect.Interface:
		return checkPolymorphic(path, e, kind)
	case reflect.Struct:
		if kind.PkgPath() == "time" {
			return ""
		}
		if e.xsiType != "" && e.xsiType != kind.Name() {
			return fmt.Sprintf("%s is a %s, not a %s", path, kind.Name(), e.xsiType)
		}
		return checkStruct(path, e, kind)
	default:
		if len(e.children) > 0 {
			return fmt.Sprintf("%s is a simple value and holds no elements", path)
		}
		return ""
	}
}

func checkPolymorphic(path string, e *element, kind reflect.Type) string {
	base := strings.TrimPrefix(kind.Name(), "Base")
	if kind.NumMethod() == 0 {
		if e.xsiType == "" {
			return fmt.Sprintf("%s can hold any type and needs xsi:type", path)
		}
		return ""
	}
	name := e.xsiType
	if name == "" {
		if needsType[base] {
			return fmt.Sprintf("%s needs xsi:type: %s is abstract", path, base)
		}
		name = base
	}
	actual, ok := types.TypeFunc()(name)
	if !ok {
		return fmt.Sprintf("%s: unknown type %q", path, name)
	}
	if !reflect.PointerTo(actual).Implements(kind) {
		return fmt.Sprintf("%s must be a %s, not a %s", path, base, name)
	}
	return checkStruct(path, e, actual)
}
