Feature: GitOps auto-deployment
  The way of a change, walked whole: from the source of the home page to what its readers see.

  @plan-20.9 @system-Services @disruptive @disturbs-frontend-service @needs-frontend-service
  Scenario: A changed text on the home page reaches its readers by Git alone
    Given auto-sync of "frontend-service" is on
    And "https://www.{domain}/" is asked all the time
    When the text of the home page is changed and its image is built and pushed
    And the image's tag is committed to Git
    Then the home page shows the new text
    And whoever kept the page of before gets the new one when they ask whether it changed
    And its Application is shown as Synced and Healthy at the last commit
    And no request was lost
