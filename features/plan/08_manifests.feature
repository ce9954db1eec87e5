Feature: Manifests
  The platform has what `make render` prints: nothing but kustomize changes a manifest.

  @plan-8.9
  Scenario: The platform has what make render prints
    Given the whole platform
    When the objects that make render prints are compared with the cluster
    Then none of them differs
    And nothing that it does not print was added to them
    And no field that it does not print was set by hand
