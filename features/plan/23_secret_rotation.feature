Feature: Secret rotation
  A secret is replaced while the platform runs. Tokens signed with the old one are invalid afterwards, and the database
  keeps its data.

  @plan-23.10 @disruptive @disturbs-everything
  Scenario: After a rotation of the JWT secret, old tokens are rejected and new sign-ins work
    Given a wallet that signed in over HTTPS and has a valid token
    And the database is deployed
    And a record among many that were just written to the database
    And a record of the services' own that an operator changed
    And a wallet that signed in
    When all but 15 minutes of its token's lifetime have passed
    And a new JWT secret is sealed, committed to Git and applied
    And auth and the backend are restarted
    Then every protected query was answered meanwhile, with data or a refusal
    And the token from before the rotation is rejected
    And a new sign-in gets a token that auth and the backend accept
    And the database still has the aged token, with the same expiry time
    And the public query finds that record, over HTTPS, through the Service and at each pod
    And that change is still there
