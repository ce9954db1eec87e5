Feature: GitOps auto-deployment
  A change goes all the way from the source of the home page to what users see.

  @plan-20.9 @system-Services @disruptive @disturbs-frontend-service @needs-frontend-service
  Scenario: A text change on the home page reaches users through Git alone
    Given auto-sync of "frontend-service" is on
    And "https://www.{domain}/" is requested continuously
    When the text of the home page is changed and its image is built and pushed
    And browsers keep of the site what it lets them keep
    And the image's tag is committed to Git
    Then the home page shows the new text
    And clients with a cached copy of the old page get the new one when they revalidate it
    And no file that browsers still keep has changed
    And its Application is shown as Synced and Healthy at the latest commit
    And no request was lost
