Feature: Developer guide
  Whoever has a kubeconfig of few rights judges a platform that they did not make, and can do it no harm.

  @plan-26.2 @needs-everything
  Scenario: A run attaches to a cluster with the rights that the handbook lists
    Given the rights of k8s/acceptance and a kubeconfig that has no others
    When the suite judges 2.1, 2.3, 2.4 and 8.2 with it, in an environment that it attaches to
    Then 2.1, 2.3 and 2.4 have verdicts like everywhere
    And 8.2 is an error that names the right which is missing
    And the scenarios that disturb or write where users are were not selected
    And nothing is left of the run but its lock, which is free
    And that kubeconfig can write nowhere else, and read no Secret
    And a run is refused where the environment means another cluster
