Feature: Hardening
  What somebody who got hold of a backup, a pod, a developer's token or a push still cannot do.

  @plan-27.1 @system-K3s
  Scenario: API servers and kubelets run as the CIS benchmark asks
    Given a running cluster
    When what each control plane and each kubelet runs with is held against the benchmark
    Then every check that has to pass here does
    And without credentials each API server tells its health at most
    And without credentials kubelets, schedulers, controller managers and etcd tell nothing
    And nothing else of a machine listens for others
    And no API server shows its profile, not even to an administrator
    And only root reads keys, kubeconfigs, manifests and etcd's data on a machine

  @plan-27.2 @writes-to-users
  Scenario: Secrets are encrypted in etcd
    Given a ConfigMap, and a Secret that each API server wrote, each with a value of its own
    When a snapshot of etcd is taken
    Then the ConfigMap's value is in it in clear, and no Secret's is
    And each API server reads what each other one wrote
    And etcd holds no Secret of the cluster but encrypted
    And all API servers have the same key, in a file that only root may read

  @plan-27.3 @writes-to-users
  Scenario: Pods are reached only by those whom a policy names
    Given the network policies of Git, and no others
    And each pod behind a Service is covered by its policy, and no pod is there that nobody knows
    And of other namespaces only Traefik's pods are let in, and no addresses
    And a network that keeps to policies
    Then only Traefik reaches "frontend-service:3000"
    And only Traefik reaches "backend-service:4000"
    And Traefik passes requests on to "frontend-service:3000"
    And Traefik passes requests on to "backend-service:4000"
    And a pod that no policy names reaches no other service either

  @plan-27.4 @writes-to-users
  Scenario: Of the platform's pods only the backend's reach auth
    Given the network policies of Git, and no others
    And each pod behind a Service is covered by its policy, and no pod is there that nobody knows
    And of other namespaces only Traefik's pods are let in, and no addresses
    And a network that keeps to policies
    Then only "backend-service" and Traefik reach "auth-service:3001"
    And Traefik passes requests on to "auth-service:3001"

  @plan-27.5 @writes-to-users
  Scenario: Of the platform's pods only those of auth and the backend reach the database
    Given the network policies of Git, and no others
    And each pod behind a Service is covered by its policy, and no pod is there that nobody knows
    And of other namespaces only Traefik's pods are let in, and no addresses
    And a network that keeps to policies
    Then only "auth-service" and "backend-service" reach "yb-tservers:5433"

  @plan-27.6 @writes-to-users
  Scenario: Of the platform's pods only auth's reach Redis
    Given the network policies of Git, and no others
    And each pod behind a Service is covered by its policy, and no pod is there that nobody knows
    And of other namespaces only Traefik's pods are let in, and no addresses
    And a network that keeps to policies
    Then only "auth-service" reaches "redis:6379"

  @plan-27.7 @needs-everything
  Scenario: A developer reads what runs in the services' namespace
    Given a developer with a token of their own
    Then the developer reads pods, logs, Services, Deployments and events there
    And no other kind of object, and nothing elsewhere
    And nothing of the API servers' own but what everybody may ask

  @plan-27.8 @writes-to-users @needs-everything
  Scenario: A developer changes nothing directly, and no Application deploys from elsewhere or to elsewhere
    Given a developer with a token of their own
    Then whatever the developer tries to change is refused
    And the API lists no right of the developer's but to read
    And every project of Argo CD names its repositories, and the platform's namespace alone
    And Argo CD tells and does nothing for those who have not signed in
    When Applications of the platform's project name another repository, or another namespace
    Then Argo CD refuses each of them

  @plan-27.9 @needs-everything
  Scenario: A developer sees no Secrets
    Given a developer with a token of their own
    And Secrets that an administrator sees
    Then the developer sees none of them
    And gets at none in a roundabout way
    And nothing that the developer may read has a Secret's value in it

  @plan-27.10
  Scenario: A pod that could take over its node is refused, and pods hold no needless token
    Given the services' namespace, labelled with the plan's pod security standard
    Then each API server refuses pods there that could take over their node, and admits one that could not
    And every pod of the platform keeps to the restricted standard
    And all of the platform's other namespaces enforce the restricted standard
    And no pod is in the system's namespaces that no workload and no machine made
    And no workload there has a node's rights but those that run the nodes
    And no pod but those that call the API holds a token for it
