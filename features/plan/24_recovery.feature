Feature: Infrastructure destruction and recreation
  Only with `make rehearse-recovery`: everything is destroyed, and comes back from what was backed up.

  @plan-24.10 @rehearsal @disruptive @exclusive_platform @last @disturbs-everything
  Scenario: The platform comes back from nothing, with its secrets and its data
    Given the platform answers over HTTPS and its database holds a row
    When etcd, the sealing keys, the Git repository and the database are backed up
    And the infrastructure is destroyed and nothing of it is left
    And the infrastructure is created again
    And the sealing keys are restored before the controller starts, and the repository from its bundle
    Then the sealed secrets of that repository open to the values from before
    And the platform's five Applications are Synced and Healthy again
    And every service answers over HTTPS
    And the database has the row again, from its backup
    And the backup of etcd opens and holds an object
