Feature: Hardening
  What an attacker with a backup, a pod, a developer's token or push access still cannot do.

  @plan-27.1 @system-K3s
  Scenario: API servers and kubelets meet the CIS benchmark
    Given a running cluster
    When the settings of each control plane and each kubelet are checked against the benchmark
    Then every check that must pass here passes
    And each API server reveals at most its health without credentials
    And kubelets, schedulers, controller managers and etcd reveal nothing without credentials
    And etcd takes no machine's certificate
    And nothing else on a machine listens beyond that machine
    And no API server serves profiling data, not even to an administrator
    And only root can read keys, kubeconfigs, manifests and etcd's data on a machine
    And nobody else can use a container runtime there, or change what root runs

  @plan-27.2 @writes-to-users
  Scenario: Secrets are encrypted in etcd
    Given a ConfigMap, and one Secret written by each API server, each with a unique value
    When a snapshot of etcd is taken
    Then it contains the ConfigMap's value in plain text, but no Secret's value
    And each API server can read what the others wrote
    And every Secret of the cluster is encrypted in etcd
    And no API server takes a predictable key
    And all API servers have the same key, in a file that only root can read
    And no API server was started before its file with the key changed

  @plan-27.3 @writes-to-users
  Scenario: Pods accept connections only from clients that a policy names
    Given each policy names the Applications that it admits, here and in production
    And a policy covers each pod, even one without labels, and none that denies everything is void
    And from Traefik's namespace the policies admit Traefik alone
    And exactly the network policies in Git
    And each pod behind a Service is covered by its policy, and there are no unknown pods
    And no workload there starts pods of anything else
    And the policies admit no IP blocks and, from other namespaces, only Traefik's pods
    And only namespaces of scenarios have the label by which policies admit scenarios' clients
    And a network that enforces policies
    Then only Traefik reaches "frontend-service:3000"
    And only Traefik reaches "backend-service:4000"
    And Traefik forwards requests to "frontend-service:3000"
    And Traefik forwards requests to "backend-service:4000"
    And a pod that no policy names cannot reach any of the platform's services

  @plan-27.4 @writes-to-users
  Scenario: Of the platform's pods, only the backend's can reach auth
    Given each policy names the Applications that it admits, here and in production
    And to other Applications and Traefik the policies open only the ports of Services, here and in production
    And exactly the network policies in Git
    And each pod behind a Service is covered by its policy, and there are no unknown pods
    And the policies admit no IP blocks and, from other namespaces, only Traefik's pods
    And a network that enforces policies
    Then only "backend-service" and Traefik reach "auth-service:3001"
    And Traefik forwards requests to "auth-service:3001"

  @plan-27.5 @writes-to-users
  Scenario: Of the platform's pods, only those of auth and the backend can reach the database
    Given each policy names the Applications that it admits, here and in production
    And to other Applications and Traefik the policies open only the ports of Services, here and in production
    And exactly the network policies in Git
    And each pod behind a Service is covered by its policy, and there are no unknown pods
    And the policies admit no IP blocks and, from other namespaces, only Traefik's pods
    And a network that enforces policies
    Then only "auth-service" and "backend-service" reach "yb-tservers:5433"

  @plan-27.6 @writes-to-users
  Scenario: Of the platform's pods, only auth's can reach Redis
    Given each policy names the Applications that it admits, here and in production
    And to other Applications and Traefik the policies open only the ports of Services, here and in production
    And exactly the network policies in Git
    And each pod behind a Service is covered by its policy, and there are no unknown pods
    And the policies admit no IP blocks and, from other namespaces, only Traefik's pods
    And a network that enforces policies
    Then only "auth-service" reaches "redis:6379"

  @plan-27.7 @needs-everything
  Scenario: A developer can read what runs in the services' namespace
    Given a developer with their own token
    Then the developer can read pods, logs, Services, Deployments and events there
    And the developer can get each of these by name, and watch pods and Deployments
    And the developer can read no other kind of object, and nothing elsewhere
    And the developer can request only the API's public non-resource URLs

  @plan-27.8 @writes-to-users @needs-everything
  Scenario: A developer can change nothing directly, and no Application deploys from or to anywhere else
    Given a developer with their own token
    Then every change that the developer tries is forbidden
    And the API lists only read rights for the developer
    And every Argo CD project allows only named repositories and the platform's namespace
    And Argo CD reveals nothing to clients that have not signed in
    And a Git server in the cluster takes no push without its one password
    When Applications in the platform's project name another repository or another namespace
    Then Argo CD rejects each of them

  @plan-27.9 @needs-everything
  Scenario: A developer can see no Secrets
    Given a developer with their own token
    And Secrets that an administrator can see
    Then the developer can see none of them
    And the developer cannot get at any of them indirectly
    And nothing that the developer can read contains a Secret's value
    And nobody else has a right that leads to one, except the platform's own accounts and administrators
    And no admission webhook is shown Secrets or pods as they are written

  @plan-27.10
  Scenario: A pod that could take over its node is rejected, and pods hold no unnecessary tokens
    Given the services' namespace, labelled with the plan's pod security standard
    Then each API server rejects pods there that could take over their node, and admits one that could not
    And no API server exempts an account, a class or a namespace of the platform's from that
    And no volume and no storage class gives pods a machine's own folders
    And every pod of the platform meets the restricted standard
    And all of the platform's other namespaces enforce the restricted standard
    And every pod in the system namespaces was created by a workload or a machine
    And only workloads that run the nodes can control a node there
    And only pods that call the API hold a token for it
    And the same is true of all pods that Git would start, here and in production, once their jobs run again
