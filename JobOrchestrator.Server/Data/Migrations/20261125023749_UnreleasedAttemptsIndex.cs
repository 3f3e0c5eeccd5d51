using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobOrchestrator.Server.Data.Migrations
{
    /// <inheritdoc />
    public partial class UnreleasedAttemptsIndex : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Attempts_Client",
                table: "Attempts");

            migrationBuilder.CreateIndex(
                name: "IX_Attempts_Client",
                table: "Attempts",
                column: "Client",
                filter: "NOT \"Released\"");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Attempts_Client",
                table: "Attempts");

            migrationBuilder.CreateIndex(
                name: "IX_Attempts_Client",
                table: "Attempts",
                column: "Client",
                filter: "\"Released\" = 0");
        }
    }
}
