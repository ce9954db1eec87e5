@system-Services @needs-auth-service
Feature: Authentication service
  Auth signs users in with their wallets, issues tokens and validates them.

  Background:
    Given auth is deployed

  @ac-8.1
  Scenario: Auth runs as two or more replicas
    Then at least 2 of its pods are ready on different workers
    And nothing can scale it below 2 replicas, here and in production
    And each of these pods answers "/health" individually

  @ac-8.2
  Scenario: JWT_SECRET comes from the Secret jwt-secret
    Then its pods take "JWT_SECRET" from the Secret "jwt-secret"
    And the process in each of its pods runs with that value

  @ac-8.3
  Scenario: DATABASE_URL comes from the Secret database-credentials
    Given the database is deployed
    Then its pods take "DATABASE_URL" from the Secret "database-credentials"
    And the process in each of its pods runs with that value
    And its pods have sessions in the database only as that URL says
    And a copy of it whose "DATABASE_URL" leads to nobody is not ready, and one with its own is

  @ac-8.4
  Scenario: REDIS_URL comes from the Secret redis-credentials
    Then its pods take "REDIS_URL" from the Secret "redis-credentials"
    And the process in each of its pods runs with that value
    And a copy of it whose "REDIS_URL" leads to nobody is not ready, and one with its own is

  @ac-8.5
  Scenario: Auth is served on port 3001 of the ClusterIP Service auth-service
    Then its Service is of type ClusterIP and has port 3001
    And in production its Service is of that type, leads to its pods, and has port 3001
    And production runs "auth-service" as it was proven here
    And a pod on each worker gets an answer from "http://auth-service:3001/health"

  @ac-8.6
  Scenario: GET /health is answered with 200
    Then GET "/health" is answered with 200, over HTTPS, by the Service and by each pod
    And 8 concurrent requests for "/health" are each answered with 200, at every endpoint

  @ac-8.7
  Scenario Outline: A wallet's sign-in is verified, and a valid one creates a personal access token
    Given the database is deployed
    And a wallet
    When it signs in with <what>
    Then it <gets>

    Examples:
      | what                                                      | gets                             |
      | a good message                                            | gets a personal access token     |
      | a good message                                            | gets another token the next time |
      | a good message, once it was read                          | gets a personal access token     |
      | a good message on a page of the site                      | gets a personal access token     |
      | a good message from a clock that is half a minute ahead   | gets a personal access token     |
      | a good message with the fewest fields                     | gets a personal access token     |
      | a good message, at the same moment as other wallets       | gets a personal access token     |
      | a good message with all fields, its times in another zone | gets a personal access token     |
      | a good message with microseconds, signed in capitals      | gets a personal access token     |
      | a good message, after five that others signed in its name | gets a personal access token     |
      | a good message, where address and signature begin with zeros | gets a personal access token  |
      | a message that was changed after it signed                | is refused                       |
      | a message that expired                                    | is refused                       |
      | a message that is not good yet                            | is refused                       |
      | a message that another wallet signed                      | is refused                       |
      | signatures that no wallet can make                        | is refused                       |
      | a nonce that it used before                               | is refused                       |
      | a nonce that it used several times at once                | is refused                       |
      | a nonce whose time is up                                  | is refused                       |
      | a nonce that auth did not issue                           | is refused                       |
      | a message for another domain                              | is refused                       |
      | a message for a domain that ends like its own             | is refused                       |
      | a message for a domain that begins like its own           | is refused                       |
      | a message for a developer's machine                       | is refused                       |
      | a message for another host or port of its site            | is refused                       |
      | a message for another chain                               | is refused                       |
      | something that is no message                              | is refused                       |

  @ac-8.8
  Scenario: A token is stored with its expiry time
    Given the database is deployed
    And a wallet that signed in
    Then the database has its token with the expiry time that the wallet was given
    And no table of the database contains the token in plain text
    And Redis does not contain it in plain text either
    When all but 15 minutes of its token's lifetime have passed
    And another wallet signs in
    Then the database still has the aged token, with the same expiry time
    And nothing that auth has logged since contains the token or its JWT
    When the database terminates the idle sessions of a copy of auth
    And the wallet signs in 15 more times there
    Then the database has its token with the expiry time that the wallet was given
    And it still has the wallet's first token, with the same expiry time

  @ac-8.9
  Scenario Outline: The signature of a JWT is checked with JWT_SECRET
    Given a wallet that signed in
    When auth is asked to validate <token>
    Then it answers that the token is <answer>

    Examples:
      | token                                    | answer    |
      | its JWT                                  | valid     |
      | a JWT signed with the value of the Secret | valid     |
      | its JWT with another subject             | not valid |
      | its JWT with another signature           | not valid |
      | its JWT without its signature            | not valid |
      | a JWT that auth saw before its time      | valid     |
      | a JWT that expired                       | not valid |
      | a JWT that expired once it was accepted  | not valid |
      | a JWT that never expires                 | not valid |
      | a JWT that is not valid yet              | not valid |
      | a JWT signed with another secret         | not valid |
      | a JWT with the algorithm none            | not valid |
      | a JWT signed by HS512                    | not valid |
      | JWTs that bring keys of their own        | not valid |
      | JWTs signed with secrets that others know | not valid |
      | something that is no JWT                 | not valid |

  @ac-8.10
  Scenario: A client over the rate limit gets 429, and its counter goes up
    Given a wallet that signed in
    And a client that has never called before
    When it calls auth with a wrong signature until it is rate-limited
    Then it gets 429 with a Retry-After header
    And the limit and its period are those that auth's pods are configured with
    And its counter in Redis goes up with each call
    And it gets 429 every time, whichever pod answers
    And it also gets 429 when it claims to be the site, a health check, a user with a token, or internal
    And it also gets 429 with a query string, and is served at no other spelling of the path
    And it also gets 429 when it requests a nonce
    And another client over the limit gets 429 even for a valid sign-in
    And a limited client cannot evade the limit or charge another client by forging its address
    And Traefik trusts no external client about its address, here and in production
    And production's auth tells clients apart, and by nothing that they say themselves
    And its counter expires by the time in Retry-After, however often it has called since
    And a client's successful sign-in also counts and does not lower its counter
    And a client that names itself by no header is also limited
    And another client is still served
    And that client is served no more often when it makes many concurrent calls
    And each pod answers many calls at once without an error of its own
    And no counter is without an end, even if auth is killed at that moment
    When the limited client's counter is removed
    Then the limited client is served again, and counted in a window that ends
