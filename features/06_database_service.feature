Feature: Database service
  Three nodes store every write, and clients use the PostgreSQL protocol.

  Background:
    Given the database is deployed

  @ac-6.1 @system-YugabyteDB
  Scenario: Three nodes run YugabyteDB 2024.2 or newer
    Then 3 nodes answer SQL queries
    And no autoscaler changes how many pods "database" has, here and in production
    And production has three YugabyteDB nodes of 2024.2 or newer
    And each of them runs YugabyteDB 2024.2 or newer

  @ac-6.2 @system-YugabyteDB
  Scenario: Every node keeps its data on a persistent volume at /mnt/disk0
    Given a table with a row in it
    Then every node has a persistent volume at /mnt/disk0
    And every node stores that table's data there, and also its log and tablespaces
    And the settings for its next start keep them there
    And the volumes of "database" outlive its pods and its StatefulSet, here and in production
    And the pods of "database" may write to new volumes, here and in production
    And production keeps YugabyteDB's data on claimed volumes

  @ac-6.3 @system-YugabyteDB
  Scenario: SQL is served on yb-tservers:5433 and the admin UI on yb-master-ui:7000
    Then a pod queries the database at yb-tservers:5433 and always reaches a member that takes writes
    And its members are not exposed outside the cluster
    And production opens no Service of "database" to clients outside its cluster
    And production runs "database" as it was proven here
    And production's YugabyteDB serves SQL and its admin UI there, too
    And a pod opens the admin UI at yb-master-ui:7000

  @ac-6.4 @system-YugabyteDB @disruptive @disturbs-database
  Scenario Outline: A deleted node comes back with all data
    Given the platform's ready Deployments and StatefulSets
    And a table with a row in it
    When the node that <role> is deleted and a row is written meanwhile
    Then it comes back and has both rows
    And it requires a password and stores its data on its volume, as before
    And every node could start again, or be copied anew
    And all nodes hold the same rows of that table
    And the nodes run with exactly the settings in Git
    And all of those workloads are ready again

    Examples:
      | role    |
      | follows |
      | leads   |

  @ac-6.5 @system-YugabyteDB
  Scenario: The credentials in DATABASE_URL are accepted
    Then a client with the credentials of DATABASE_URL creates, writes, reads and drops a table
    And a pod on each of the services' nodes queries the database with DATABASE_URL from the Secret
    And none of their sessions or statements has a timeout below 2 seconds
    And they are accepted for as many concurrent connections as the services' pods may open
    And they have no expiry date
    And a rotated password would reach their role at the next sync, which deletes no rows
    And the job that sets it runs in each sync
    And that job sets it for the role in DATABASE_URL

  @ac-6.6 @system-YugabyteDB
  Scenario Outline: Every node rejects wrong credentials
    Then the Service and every node accept a client with the right credentials
    And the Service and every node reject <credentials> for each role and database
    And every rule in each node's pg_hba.conf requires a password
    And so does every rule that the nodes read at their next start
    And no role has a password that is not in one of the platform's Secrets
    And no role has a common password, or its own name as password
    And no node takes orders without a password
    And no other port of a Service lets its role in with a wrong password
    And production's YugabyteDB requires a password

    Examples:
      | credentials       |
      | a wrong password  |
      | an empty password |
      | an unknown name   |

  @ac-6.7 @system-YugabyteDB
  Scenario: Transactions are atomic and isolated, and their writes are on all three nodes
    Given accounts with money in them
    When clients transfer money concurrently, and some of them abort halfway
    Then no money was created or lost at any moment
    And every node has every transfer
    And a commit is acknowledged only once all nodes have it
    And every acknowledged commit is on disk, whichever client made it
    And it still would be once the nodes read their configuration files again
    And a write that violates a table constraint is rejected, and no constraint is disabled

  @ac-6.8 @system-YugabyteDB @disruptive @disturbs-database
  Scenario: With one node killed, no data is lost and service is back within 3 seconds
    Given the platform's ready Deployments and StatefulSets
    And a pod continuously writes to the database
    When the leading node is killed without a grace period and stays down
    Then the other two nodes serve every acknowledged write
    When the killed node is allowed to rejoin
    Then all three nodes have every acknowledged write
    And the nodes run with exactly the settings in Git
    And all of those workloads are ready again
    And production's YugabyteDB replaces a lost leader within 3 seconds
    And production's YugabyteDB may not use more memory than its containers have
    And service was back within 3 seconds

  @ac-6.9 @system-YugabyteDB
  Scenario: Every piece of data has three replicas
    Given a table with a row in it
    Then every row has three replicas
    And all nodes hold the same rows of that table
    And every table of every database is replicated to all nodes
    And all nodes hold the same rows in every table of the services
    And every table and index has its file on each node
    And production's YugabyteDB keeps three replicas
    And a commit is acknowledged only once all nodes have it
