module sconce.invalid/schemas

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.18.2
	github.com/kedacore/keda/v2 v2.18.2
	github.com/kserve/kserve v0.15.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
	k8s.io/kubernetes v1.34.3
	sigs.k8s.io/gateway-api v1.4.1
)
