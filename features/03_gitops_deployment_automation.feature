Feature: GitOps deployment automation
  Argo CD deploys what is in Git: it notices changes, applies them, waits for health, records each sync and rolls back.
  Each scenario has its own Application and pushes real commits.

  @ac-3.1 @writes-to-users
  Scenario: Argo CD reaches the repository that an Application names
    Given an Application for the repository "demo" with auto-sync off
    Then Argo CD reports that it can read that repository
    And it reports the same for the repository of each of the platform's Applications
    And the Application's commit is the latest one on the repository's main branch

  @ac-3.2 @writes-to-users
  Scenario Outline: A push to main is noticed in time
    Given an Application for the repository "<repository>" with auto-sync off
    And Argo CD has just checked Git
    When a change is pushed to main
    Then it is noticed <in time>
    And polling finds a push within three minutes, here and in production
    And a push to the platform's own repository also calls the webhook

    Examples:
      | repository  | in time    |
      | demo-polled | by polling |
      | demo        | by webhook |

  @ac-3.3 @writes-to-users
  Scenario: Changed manifests are applied
    Given an Application for the repository "demo" with auto-sync off
    When a change is pushed to main and a sync is requested
    Then the cluster has the change
    And each of the platform's Applications tracks everything on main, here and in production
    And Argo CD is allowed to apply every object of the platform, here and in production
    And production's Argo CD has the settings and processes that were proven here

  @ac-3.4 @writes-to-users
  Scenario: A sync counts as successful only once everything is healthy
    Given an Application for the repository "demo" with auto-sync off
    And a requested sync of each of the platform's Applications that no other scenario syncs
    And copies of the platform's own sync hooks, each cut off only from the Application that it waits for
    When a version that takes 8 seconds to become ready is pushed to main and a sync is requested
    Then the sync is not reported as successful before the new pods are ready
    And it is reported as successful afterwards
    And each requested sync of the platform's Applications succeeds, too
    And each of the platform's Applications ends its syncs with a hook that waits for health, here and in production
    And none of the hook copies succeeds

  @ac-3.5 @writes-to-users
  Scenario: Failing health checks make an Application Degraded
    Given an Application for the repository "demo" with auto-sync off
    When a version that never becomes ready is pushed to main and a sync is requested
    Then the Application becomes Degraded and reports the reason
    And an unhealthy workload of the platform would also be reported, a Deployment as Degraded, here and in production
    And production's pods find machines, get the plan's memory and are probed at known paths

  @ac-3.6 @writes-to-users
  Scenario: With auto-sync on, a change is synchronised with no manual step
    Given no object of the platform belongs to two Applications
    And no quota, limit or admission blocks a new pod of the platform or of what it runs on
    And an Application for the repository "demo" with auto-sync on
    When a change is pushed to main
    Then Argo CD synchronises it automatically
    When someone changes the cluster by hand
    Then Argo CD automatically reverts it to the state in Git
    When someone changes the cluster by hand
    Then Argo CD automatically reverts it to the state in Git
    When an object is removed from Git
    Then Argo CD automatically removes it from the cluster
    And each of the platform's Applications syncs, prunes and self-heals automatically, here and in production
    And Argo CD has given up on none of the platform's Applications
    And Argo CD's processes run with what their settings say now

  @ac-3.7 @writes-to-users
  Scenario: With auto-sync off, nothing is deployed until an operator requests a sync
    Given an Application for the repository "demo" with auto-sync off
    When a change is pushed to main
    Then the Application is OutOfSync at that commit
    And nothing is deployed for 10 seconds
    And nothing but Argo CD and its operators could request a sync
    When an operator requests a sync
    Then the cluster has the change

  @ac-3.8 @writes-to-users
  Scenario: Every sync leaves a record
    Given an Application for the repository "demo" with auto-sync off
    When a change is pushed to main and a sync is requested
    Then the record shows that commit, the time and that the sync succeeded
    When a change that the API rejects is pushed to main and a sync is requested
    Then the record shows that commit, the time and that the sync failed
    And the record of the previous sync is still there
    And each of the platform's Applications keeps its sync records, here and in production

  @ac-3.9 @writes-to-users
  Scenario: The sync status of every Application is shown
    Given an Application for the repository "demo" with auto-sync off
    And an Application for the repository "demo" with auto-sync off and an undeployed change
    Then the UI shows every Application with its sync status
    And an open UI is notified of a change without reloading

  @ac-3.10 @writes-to-users
  Scenario: A rollback returns to the previous Git commit
    Given an Application for the repository "demo" with auto-sync off
    When a change is pushed to main and deployed
    And the Application is rolled back to the previous commit
    Then the cluster matches that commit
    And each of the platform's Applications keeps its sync records, here and in production
