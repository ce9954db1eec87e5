Feature: Database service
  Three nodes keep every write; clients speak the PostgreSQL protocol to them.

  Background:
    Given the database is deployed

  @ac-6.1 @system-YugabyteDB
  Scenario: Three nodes run YugabyteDB 2024.2 or newer
    Then 3 nodes answer over SQL
    And each of them is YugabyteDB 2024.2 or newer

  @ac-6.2 @system-YugabyteDB
  Scenario: Every node keeps its data on a persistent volume at /mnt/disk0
    Given a table with a row in it
    Then every node has a persistent volume at /mnt/disk0
    And every node keeps that table's data there, and its log and tablespaces
    And the volumes of "database" outlive its pods and its StatefulSet, here and in production

  @ac-6.3 @system-YugabyteDB
  Scenario: SQL is served on yb-tservers:5433 and the admin UI on yb-master-ui:7000
    Then a pod queries the database at yb-tservers:5433, each time by a member that takes writes
    And nothing leads to its members from outside the cluster
    And a pod reads the admin UI at yb-master-ui:7000

  @ac-6.4 @system-YugabyteDB @disruptive @disturbs-database
  Scenario Outline: A node that is deleted comes back with all data
    Given the Deployments and StatefulSets of the platform that are ready
    And a table with a row in it
    When the node that <role> is deleted, and a row is written meanwhile
    Then it comes back and has both rows
    And all nodes hold the same
    And the nodes run with the settings in Git, and with no others
    And each of those is ready again

    Examples:
      | role    |
      | follows |
      | leads   |

  @ac-6.5 @system-YugabyteDB
  Scenario: The credentials in DATABASE_URL are accepted
    Then a client with the credentials of DATABASE_URL creates, writes, reads and drops a table
    And a pod on each machine of the services that has DATABASE_URL from the Secret queries with it
    And none of their queries is cut off within 2 seconds
    And they are accepted as often at once as the services' pods may use them
    And no day is set on which they end

  @ac-6.6 @system-YugabyteDB
  Scenario Outline: Every node turns wrong credentials away
    Then the Service and every node answer a client with the right credentials
    And the Service and every node turn <credentials> away, for each role and database
    And no node has a rule that asks for no password, wherever a client is
    And no role gets in with a password that is in no Secret of the platform

    Examples:
      | credentials       |
      | a wrong password  |
      | an empty password |
      | an unknown name   |

  @ac-6.7 @system-YugabyteDB
  Scenario: Transactions are atomic and isolated, and their writes are on all three nodes
    Given accounts with money on them
    When clients transfer money at the same time, and some of them break off half-way
    Then no money was made or lost, at no moment
    And every node has every transfer
    And a commit is acknowledged only once all nodes have it
    And what is acknowledged is on disk, whoever writes it
    And a write that breaks a rule of its table is refused, and no such rule is switched off

  @ac-6.8 @system-YugabyteDB @disruptive @disturbs-database
  Scenario: With one node killed nothing is lost and service is back within 3 seconds
    Given the Deployments and StatefulSets of the platform that are ready
    And a pod writes to the database all the time
    When the leading node is killed without grace and stays away
    Then the other two serve all that was acknowledged
    When the node is let back
    Then all three nodes have all that was acknowledged
    And the nodes run with the settings in Git, and with no others
    And each of those is ready again
    And service was back within 3 seconds

  @ac-6.9 @system-YugabyteDB
  Scenario: Every piece of data has three replicas
    Given a table with a row in it
    Then every row has three replicas
    And all nodes hold the same
    And every table of every database is kept by all nodes
    And all nodes hold the same rows of every table of the services
    And a commit is acknowledged only once all nodes have it
