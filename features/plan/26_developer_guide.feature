Feature: Developer guide
  A user with a low-privilege kubeconfig can judge a platform that somebody else created, and can do it no harm.

  @plan-26.2 @needs-everything
  Scenario: A run attaches to a cluster with only the rights that the handbook lists
    Given a kubeconfig with only the rights of k8s/acceptance
    When the suite judges 2.1, 2.3, 2.4 and 8.2 with it in an attached environment
    Then 2.1, 2.3 and 2.4 are passed or substituted
    And 8.2 is an error that names the missing right
    And scenarios that disturb users or write to users are not selected
    And the run leaves nothing behind except its released lock
    And that kubeconfig cannot write anywhere else or read any Secret
    And a run is refused if its environment names another cluster
