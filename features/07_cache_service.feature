Feature: Cache service
  One Redis behind a password keeps counters in memory and on disk.

  Background:
    Given Redis is deployed

  @ac-7.1
  Scenario: The cache runs Redis 7 or newer
    Then the server says that it is Redis 7 or newer

  @ac-7.2
  Scenario: /data is on a persistent volume
    Then the pod has a persistent volume at /data
    And whatever Redis saves lies there
    And the volumes of "redis" outlive its pods and its StatefulSet, here and in production

  @ac-7.3
  Scenario: Redis is served on port 6379 of the Service redis
    Then a pod reaches Redis at redis:6379, the same server each time
    And it takes 100 clients at once
    And nothing leads to it from outside the cluster

  @ac-7.4
  Scenario: Redis listens on the port that REDIS_URL names
    Then a pod that has REDIS_URL from the Secret reaches a server on the port that the URL names, and on no other

  @ac-7.5
  Scenario Outline: A client without the password is turned away
    Then Redis turns away a client with <password>, by its Service and at its pod
    And nobody but the user of REDIS_URL gets in, with no other password
    And Redis answers a client with the right password

    Examples:
      | password         |
      | no password      |
      | a wrong password |

  @ac-7.6 @disruptive @disturbs-redis @needs-auth-service
  Scenario: A counter is held in memory and written to disk in the background
    Given the Deployments and StatefulSets of the platform that are ready
    And a rate-limit counter that auth counted up 5 times
    Then it is held in memory, and nothing is evicted from there
    And there is room for many more, here and in production
    And nobody empties the cache
    And it goes to disk in the background
    When Redis is killed without grace and its pod replaced
    Then the counter stands where it stood, and still expires
    And each of those is ready again

  @ac-7.7 @quiet
  Scenario: A counter is read within 5 milliseconds
    Given a counter that counted to 7
    When a pod on each machine of auth reads it 2000 times
    Then 95 of 100 reads took no more than 5 milliseconds, on each
    And fewer than 12 of 100 had to wait for a cache that stood still
