"""Connections between nodes, pods and the load balancer, and cuts of them.

Covers pod-to-pod connections, network cuts, Services reached by DNS, the load balancer, TLS over raw sockets, load.
Traefik's routes belong in ingress/, policies of who may reach whom in security/.
"""
