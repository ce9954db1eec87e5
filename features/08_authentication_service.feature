@system-Services @needs-auth-service
Feature: Authentication service
  Auth lets people in with their wallets, hands out tokens, and says which of them hold.

  Background:
    Given auth is deployed

  @ac-8.1
  Scenario: Auth runs as two replicas or more
    Then at least 2 of its pods are ready, on different workers
    And nothing may run fewer than 2 of them, here and in production
    And each of these pods answers "/health" by itself

  @ac-8.2
  Scenario: JWT_SECRET comes from the Secret jwt-secret
    Then its pods take "JWT_SECRET" from the Secret "jwt-secret"
    And the process in each of its pods runs with that value

  @ac-8.3
  Scenario: DATABASE_URL comes from the Secret database-credentials
    Then its pods take "DATABASE_URL" from the Secret "database-credentials"
    And the process in each of its pods runs with that value

  @ac-8.4
  Scenario: REDIS_URL comes from the Secret redis-credentials
    Then its pods take "REDIS_URL" from the Secret "redis-credentials"
    And the process in each of its pods runs with that value

  @ac-8.5
  Scenario: Auth is served on port 3001 of the ClusterIP Service auth-service
    Then its Service is of type ClusterIP and has port 3001
    And a pod on each worker is answered at "http://auth-service:3001/health"

  @ac-8.6
  Scenario: GET /health is answered with 200
    Then GET "/health" is answered with 200, over HTTPS, by the Service and by each pod

  @ac-8.7
  Scenario Outline: A sign-in with a wallet is checked, and a good one creates a token
    Given a wallet
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
      | a message that was changed after it signed                | is refused                       |
      | a message that expired                                    | is refused                       |
      | a message that is not good yet                            | is refused                       |
      | a message that another wallet signed                      | is refused                       |
      | a nonce that it used before                               | is refused                       |
      | a nonce that it used several times at once                | is refused                       |
      | a nonce whose time is up                                  | is refused                       |
      | a nonce that auth did not issue                           | is refused                       |
      | a message for another domain                              | is refused                       |
      | a message for a domain that ends like its own             | is refused                       |
      | a message for a domain that begins like its own           | is refused                       |
      | a message for another chain                               | is refused                       |
      | something that is no message                              | is refused                       |

  @ac-8.8
  Scenario: A token is stored with the time that it expires
    Given the database is deployed
    And a wallet that signed in
    Then the database has its token with the time that it was told it expires
    And no table of the database has the token itself
    When half of its token's life has passed
    And another wallet signs in
    Then the database has the token of that wallet still, until the same time
    And nothing that auth wrote since shows the token or its JWT
    When the database ends the sessions that auth keeps
    And the wallet signs in again
    Then the database has its token with the time that it was told it expires
    And it has the wallet's first token still, until the same time

  @ac-8.9
  Scenario Outline: The signature of a JWT is checked with JWT_SECRET
    Given a wallet that signed in
    When auth is asked about <token>
    Then it says that the token is <answer>

    Examples:
      | token                                    | answer    |
      | its JWT                                  | valid     |
      | a JWT signed with the value of the Secret | valid     |
      | its JWT with another subject             | not valid |
      | its JWT with another signature           | not valid |
      | its JWT without its signature            | not valid |
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
    Given a client that calls for the first time
    When it calls auth without a signature until auth has had enough
    Then it got 429, and was told when to call again
    And its counter in Redis went up with each call
    And it gets 429 every time, whichever pod it comes to
    And it gets 429 for a nonce, too
    And another client over the limit gets 429 for a good sign-in
    And whatever such a client says of its address does not let it in, and does not count against another
    And Traefik takes nobody's word for where a request comes from, here and in production
    And its counter ends when it was told, however often it called since
    And a client's good sign-in counts, too, and takes nothing off its counter
    And another client is not refused for it
    And that one is served no more often when it calls many times at once
    When its counter is removed
    Then it is served again
