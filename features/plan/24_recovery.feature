Feature: Infrastructure destruction and recreation
  Only with `make rehearse-recovery`: everything is destroyed and restored from backups.

  @plan-24.10 @rehearsal @disruptive @exclusive_platform @last @disturbs-everything
  Scenario: The platform is rebuilt from nothing with its secrets and its data
    Given the platform answers over HTTPS and its database holds a row
    When etcd, the sealing keys, the Git repository and the database are backed up
    And the infrastructure is destroyed and nothing is left behind
    And the infrastructure is created again
    And the sealing keys are restored before the controller starts, and the repository is restored from its bundle
    Then the SealedSecrets in that repository are unsealed to their previous values
    And the platform's five Applications are Synced and Healthy again
    And every service answers over HTTPS
    And the row is restored from the database's backup
    And the etcd backup can be restored and contains an object
