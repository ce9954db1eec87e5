Feature: GitOps deployment automation
  Argo CD deploys what is in Git: noticed, applied, judged by health, recorded, and rolled back.
  Each scenario has an Application of its own; commits are pushed for real.

  @ac-3.1 @writes-to-users
  Scenario: Argo CD reaches the repository that an Application names
    Given an Application of the repository "demo" without auto-sync
    Then Argo CD says that it can read that repository
    And it says so of the repository of each of the platform's Applications
    And the Application's commit is the last one of the repository's main branch

  @ac-3.2 @writes-to-users
  Scenario Outline: A push to main is noticed in time
    Given an Application of the repository "<repository>" without auto-sync
    And Argo CD has just looked into Git
    When a change is pushed to main
    Then it is noticed <in time>
    And polling finds a push within three minutes at the latest, here and in production
    And a push to the platform's own repository calls the webhook, too

    Examples:
      | repository  | in time    |
      | demo-polled | by polling |
      | demo        | by webhook |

  @ac-3.3 @writes-to-users
  Scenario: Changed manifests are applied
    Given an Application of the repository "demo" without auto-sync
    When a change is pushed to main and a sync is asked for
    Then the cluster has the change
    And each of the platform's Applications follows all of main, here and in production
    And Argo CD may apply each object that the platform consists of, here and in production

  @ac-3.4 @writes-to-users
  Scenario: A sync counts as successful only once everything is healthy
    Given an Application of the repository "demo" without auto-sync
    And copies of the platform's own hooks, each where all answer but what it waits for
    When a version that takes 8 seconds to become ready is pushed to main and a sync is asked for
    Then the sync is not called successful before the new pods are ready
    And it is called successful afterwards
    And each of the platform's Applications ends its syncs with such a hook, here and in production
    And none of the copies of these hooks ends well

  @ac-3.5 @writes-to-users
  Scenario: Failing health checks make an Application Degraded
    Given an Application of the repository "demo" without auto-sync
    When a version that never becomes ready is pushed to main and a sync is asked for
    Then the Application becomes Degraded and says why
    And so would each of the platform's workloads, here and in production

  @ac-3.6 @writes-to-users
  Scenario: With auto-sync on a change is synchronised with no manual step
    Given an Application of the repository "demo" with auto-sync
    When a change is pushed to main
    Then Argo CD synchronises it by itself
    When somebody changes the cluster by hand
    Then Argo CD puts it back as Git says by itself
    When somebody changes the cluster by hand
    Then Argo CD puts it back as Git says by itself
    When an object is taken out of Git
    Then Argo CD takes it out of the cluster by itself
    And each of the platform's Applications prunes and heals by itself, here and in production

  @ac-3.7 @writes-to-users
  Scenario: With auto-sync off nothing is deployed until an operator asks
    Given an Application of the repository "demo" without auto-sync
    When a change is pushed to main
    Then the Application is OutOfSync at that commit
    And nothing is deployed for 10 seconds
    When an operator asks for a sync
    Then the cluster has the change

  @ac-3.8 @writes-to-users
  Scenario: Every sync leaves a record
    Given an Application of the repository "demo" without auto-sync
    When a change is pushed to main and a sync is asked for
    Then the record names that commit, the time and the success
    When a change that the API refuses is pushed to main and a sync is asked for
    Then the record names that commit, the time and the failure
    And the record of the sync before is still there
    And each of the platform's Applications keeps its records, here and in production

  @ac-3.9 @writes-to-users
  Scenario: The sync status of every Application is shown
    Given an Application of the repository "demo" without auto-sync
    And an Application of the repository "demo" without auto-sync, with a change that is not deployed
    Then the UI shows every Application with the sync status that it has
    And whoever has the UI open hears of a change without asking again

  @ac-3.10 @writes-to-users
  Scenario: A rollback returns to the Git commit before
    Given an Application of the repository "demo" without auto-sync
    When a change is pushed to main and deployed
    And the Application is rolled back to the commit before
    Then the cluster has what that commit says
    And each of the platform's Applications keeps its records, here and in production
