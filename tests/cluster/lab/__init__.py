"""A Kubernetes cluster on this machine, for tests: real programs, no others.

A control plane and two nodes, each a `Machine` of its own: a process with its
own network, mounts, process ids and host name. Nothing of it is visible
outside, and all of it ends with those processes.
"""
