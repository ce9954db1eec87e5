@system-Services
Feature: Configuration management
  Settings come from the environment, and a change takes effect with a restart.

  @ac-15.1 @writes-to-users
  Scenario Outline: Values of a ConfigMap reach the pods as environment variables
    Given <service> is deployed
    Then the process in each of its pods runs with every value of the ConfigMap "<config>"
    And its Deployment and each of its pods take all of them from "<config>"
    And it is told that it runs in production, here and by production's overlay

    Examples:
      | service     | config         |
      | auth        | auth-config    |
      | the backend | backend-config |

  @ac-15.2 @writes-to-users @needs-backend-service
  Scenario: A changed AUTH_SERVICE_URL is used after a restart
    Given a wallet that signed in
    And a copy of the backend whose ConfigMap names the real auth service
    Then the copy answers the protected query with this wallet's data
    When the ConfigMap is changed to an auth service at another host and port, which says no
    Then the copy keeps answering the protected query with this wallet's data
    When the copy is restarted
    Then the copy calls that auth service and answers accordingly: Unauthorized
    When the ConfigMap is changed to an https URL, and the copy is restarted
    Then the copy sends no token there in clear text, and gives no data to its client

  @ac-15.3 @writes-to-users
  Scenario Outline: Auth listens on the port in PORT, which is 3001 by default
    Given a copy of auth with <setting>
    Then the copy answers on port <port>, and not on port <other>

    Examples:
      | setting        | port | other |
      | PORT=3999      | 3999 | 3001  |
      | no PORT at all | 3001 | 3999  |

  @ac-15.4 @writes-to-users @needs-backend-service
  Scenario: With NODE_ENV=production, the backend writes no debug lines
    Given a wallet that signed in
    And a copy of the backend with NODE_ENV "development"
    When the copy handles some requests
    Then it writes debug lines
    Given a copy of the backend with NODE_ENV "production"
    When the copy handles some requests
    Then it writes no debug lines
    When it answers queries that succeed
    Then it prints nothing about them beside its log
    And it writes none while it ends, either
    And the deployed backend has not written any either
    And production's overlay sets NODE_ENV to production and asks for no debug lines
