Feature: Deployment observability
  Argo CD and the cluster say what is deployed, whether it is healthy, and what went wrong.

  @ac-13.1
  Scenario: Synced or OutOfSync is shown for each Application
    Given the platform's five Applications
    Then the UI shows each of them as Synced, as Argo CD keeps it

  @ac-13.2
  Scenario: The health of each Application is shown
    Given the platform's five Applications
    Then the UI shows each of them as Healthy, as Argo CD keeps it
    And no rule of Argo CD's settings calls anything healthy, here and in production

  @ac-13.3
  Scenario: The deployed commit and its time are shown
    Given the platform's five Applications
    Then each of them shows the last commit of the repository as the one that it follows
    And each of them shows a commit of the repository as deployed, and when

  @ac-13.4
  Scenario: Listing pods shows how many containers are ready
    Given the platform's five Applications
    And how often each container was started again
    Then the list of pods shows for each pod how many of its containers are ready
    And every pod of every namespace is ready
    And the liveness probe of none of them has failed since it started
    And none of their containers is started again meanwhile, or waits for it again and again

  @ac-13.5
  Scenario: The last 1000 lines of a pod's log can be read
    When a pod on each worker writes 100000 lines
    Then kubectl returns the last 1000 of them
    And the last 1000 of 100000 stay readable while the kubelet looks whether a log is too long
    And the log of every pod of the platform can be read
    And no node begins a new log before the last one has 10 MiB
    And the log of each pod of auth, of the backend and of the frontend says something after a request

  @ac-13.6 @writes-to-users
  Scenario: A failed deployment shows its error message
    Given an Application of the repository "demo" without auto-sync
    When a change that the API refuses is pushed to main and a sync is asked for
    Then the UI shows the API's refusal
    When a version that never becomes ready is pushed to main and a sync is asked for
    Then the UI shows why its pods are not ready
    And Argo CD looks at the pods of every Application, here and in production
