Feature: Handbooks
  What the handbooks tell people to type works as it is written, and leaves the platform as it was.

  @plan-25.2
  Scenario Outline: The commands of the handbooks that disturb nobody work as they are written
    Given the platform's five Applications
    And a copy of this project, for whoever follows a handbook
    When every command of "<handbook>" that disturbs nobody is typed in it
    Then each of them ended well
    And the platform is as it was before

    Examples:
      | handbook           |
      | operations.md      |
      | developer-guide.md |
