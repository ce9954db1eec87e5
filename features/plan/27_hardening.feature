Feature: Hardening
  What somebody who got hold of a backup, a pod, a developer's token or a push still cannot do.

  @plan-27.1
  Scenario: API servers and kubelets run as the CIS benchmark asks
    Given a running cluster
    When what the control plane and the kubelets run with is held against the benchmark
    Then every check that has to pass here does
    And without credentials the API tells its health at most

  @plan-27.2 @writes-to-users
  Scenario: Secrets are encrypted in etcd
    Given a Secret and a ConfigMap, each with a value of its own
    When a snapshot of etcd is taken
    Then the ConfigMap's value is in it in clear, and the Secret's is not
    And etcd holds no Secret of the cluster but encrypted
    And all API servers have the same key, in a file that only root may read

  @plan-27.3 @writes-to-users
  Scenario: Pods are reached only by those whom a policy names
    Given the network policies of Git, and no others
    And a network that keeps to policies
    Then only Traefik reaches "frontend-service:3000"
    And only Traefik reaches "backend-service:4000"
    And a pod that no policy names reaches no other service either

  @plan-27.4 @writes-to-users
  Scenario: Of the platform's pods only the backend's reach auth
    Given the network policies of Git, and no others
    And a network that keeps to policies
    Then only "backend-service" and Traefik reach "auth-service:3001"

  @plan-27.5 @writes-to-users
  Scenario: Of the platform's pods only those of auth and the backend reach the database
    Given the network policies of Git, and no others
    And a network that keeps to policies
    Then only "auth-service" and "backend-service" reach "yb-tservers:5433"

  @plan-27.6 @writes-to-users
  Scenario: Of the platform's pods only auth's reach Redis
    Given the network policies of Git, and no others
    And a network that keeps to policies
    Then only "auth-service" reaches "redis:6379"

  @plan-27.7
  Scenario: A developer reads what runs in the services' namespace
    Given a developer with a token of their own
    Then the developer reads pods, logs, Services, Deployments and events there
    And nothing elsewhere

  @plan-27.8 @writes-to-users
  Scenario: A developer changes nothing directly, and by Git nothing beyond the platform
    Given a developer with a token of their own
    Then whatever the developer tries to change is refused
    And the API lists no right of the developer's but to read
    When Applications of the platform's project name another repository, or another namespace
    Then Argo CD refuses each of them

  @plan-27.9
  Scenario: A developer sees no Secrets
    Given a developer with a token of their own
    And Secrets that an administrator sees
    Then the developer sees none of them
    And gets at none in a roundabout way

  @plan-27.10
  Scenario: A pod that could take over its node is refused, and pods hold no needless token
    Given the services' namespace, labelled with the plan's pod security standard
    Then the API refuses pods there that could take over their node, and admits one that could not
    And every pod that runs there keeps to the restricted standard
    And the platform's other namespaces enforce the restricted standard
    And pods of services that do not call the API hold no token for it
