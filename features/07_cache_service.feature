Feature: Cache service
  A single, password-protected Redis keeps counters in memory and on disk.

  Background:
    Given Redis is deployed

  @ac-7.1
  Scenario: The cache runs Redis 7 or newer
    Then the server reports Redis 7 or newer
    And production has Redis 7 or newer

  @ac-7.2
  Scenario: /data is on a persistent volume
    Then the pod has a persistent volume at /data
    And every file that Redis saves is stored there
    And the volumes of "redis" outlive its pods and its StatefulSet, here and in production
    And the pods of "redis" may write to new volumes, here and in production

  @ac-7.3
  Scenario: Redis is served on port 6379 of the Service redis
    Then a pod reaches Redis at redis:6379, and always the same server
    And it allows 100 concurrent clients
    And it is not exposed outside the cluster
    And production opens no Service of "redis" to clients outside its cluster
    And production runs "redis" as it was proven here
    And no autoscaler changes how many pods "redis" has, here and in production

  @ac-7.4
  Scenario: Redis listens on the port that REDIS_URL names
    Then a pod with REDIS_URL from the Secret reaches Redis on the port in that URL, and Redis listens on no other port

  @ac-7.5
  Scenario Outline: A client without the password is rejected
    Then Redis rejects a client with <password>, through its Service and at its pod
    And no other port gives its data to a client without a password
    And only the user and password in REDIS_URL can log in
    And Redis accepts a client with the right password

    Examples:
      | password         |
      | no password      |
      | a wrong password |

  @ac-7.6 @disruptive @disturbs-redis @needs-auth-service
  Scenario: A counter is held in memory and written to disk in the background
    Given the platform's ready Deployments and StatefulSets
    And a rate-limit counter that auth incremented 5 times
    Then it is held in memory, and no key is evicted
    And there is room for many more counters, here and in production
    And no client has emptied the cache
    And it is written to disk in the background
    And that file could be read if Redis started again
    When Redis is killed without a grace period and its pod is replaced
    Then the counter has the same value as before and still expires
    And the file that it is written to is rewritten on request
    And all of those workloads are ready again

  @ac-7.7 @quiet
  Scenario: A counter is read within 5 milliseconds
    Given a counter with the value 7
    When a pod on each of auth's nodes reads it 2000 times
    Then 95 percent of the reads took at most 5 milliseconds on each node
    And fewer than 12 percent of the reads had to wait for a stalled cache
    And auth itself needs less than 15 milliseconds more for a call that it only counts
