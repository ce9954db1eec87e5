Feature: Manifests
  What `make render` prints is what the platform has: nothing beside kustomize changes a manifest on its way.

  @plan-8.9
  Scenario: The platform has what make render prints
    Given the whole platform
    When the objects that make render prints are held against the cluster
    Then none of them differs
    And nothing was added to them that it does not print
    And nobody wrote a field of theirs by hand that it does not print
